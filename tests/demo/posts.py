"""The posts of the demonstration: when they appear, where, and what couac should make of them.

`expect` is what must come out: the promise that is broken, "kept", "repost",
"own" or "nothing". All of it is written for this demonstration.
"""
from collections import namedtuple

Post = namedtuple("Post", "at source author text lang expect note", defaults=("",))

POSTS = [
    Post(1.0, "reviews", "Nadia", "Commande Acme reçue en 24 h, emballage soigné. Merci !", "fr",
         "kept", "praise: 24 h is within the 48 h promised"),
    Post(3.0, "social", "@lou_anne", "6 jours que j'attends mon colis @acme. La « livraison en 48 h », c'est pour quand ?",
         "fr", "delivery-48h"),
    Post(5.0, "press", "The Daily Basket", "Acme opens a third warehouse near Lyon", "en",
         "nothing", "news, no complaint"),
    Post(7.0, "social", "@marco", "6 jours que j'attends mon colis @acme. La « livraison en 48 h », c'est pour quand ?",
         "fr", "repost", "a repost: folded into the alert it repeats"),
    Post(9.0, "reviews", "Tom W.", "Acme charged me 12 euros to return a pair of boots. So much for free returns.", "en",
         "free-returns"),
    Post(11.0, "social", "@acme_help", "Bonjour, votre colis Acme vous attend depuis 6 jours au point relais.", "fr",
         "own", "one of Acme's own accounts"),
    Post(13.0, "press", "A reader", "Still waiting for my Acme refund after 6 weeks. My lawyer will enjoy this.", "en",
         "refund-14d"),
    Post(15.0, "social", "@vieux_client", "Client Acme depuis 12 ans, mes commandes sont toujours impeccables.", "fr",
         "nothing", "12 years is how long they have been a customer"),
    Post(17.0, "reviews", "Priya", "Acme cancelled my confirmed order a week after taking my money!", "en",
         "confirmed-is-shipped"),
    Post(19.0, "social", "@jo", "Ordered from @acme yesterday, can't wait for my parcel!", "en",
         "nothing", "ordered yesterday: nobody is late"),
]
