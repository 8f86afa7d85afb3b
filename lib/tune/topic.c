#include "lib/tune/topic.h"

#include "lib/base/arena.h"
#include "lib/judge/judge.h"

/* A sentence often names several topics: "a technician at your door or your money back",
 * "we answer the phone". Clues are tried in order, from what decides a sentence to what
 * merely stands in it, and the first that is there wins. A clue is a topic's shared list,
 * hit by production's own matching, or beginnings of words, where companies speak
 * otherwise than their customers ("we reply" and "no reply to my mail"), or where a list
 * takes in more than it would tell ("order" is in <meal>, "phone" in <internet>). */

static const struct topic topics[] = {
    {"refund", "refund", "", "<not-there>", "<resolved>", "mon remboursement", "my refund",
     "Toujours pas reçu mon remboursement", "Still no refund"},
    {"callback", "callback", "", "<not-called>", "<resolved>", "votre rappel", "your call back",
     "Personne ne m'a jamais rappelé", "Nobody ever called me back"},
    {"phone", "phone", "", "<phone-wait>, <unreachable>", "<phone-talk>", "l'agent au téléphone",
     "an agent on the phone", "Impossible de vous joindre au téléphone",
     "Impossible to reach you by phone"},
    {"outage", "outage", "", "", "<not-outage>, <resolved>", "la réparation de la panne",
     "the outage to be fixed", "Encore une panne, c'est tout le temps", "Yet another outage"},
    {"card", "bank-card", "", "<not-there>", "<resolved>", "ma carte bancaire", "my bank card",
     "Toujours pas reçu ma carte bancaire", "My bank card never arrived"},
    {"bag", "bag", "", "<lost-bag>", "<resolved>", "mon bagage", "my bag", "Mon bagage est perdu",
     "You lost my bag"},
    {"technician", "technician", "", "<no-show>, <rescheduled>", "<resolved>", "le technicien",
     "the technician", "Le technicien n'est jamais venu", "The technician never showed up"},
    {"appointment", "appointment", "", "<no-show>, <rescheduled>", "<resolved>", "mon rendez-vous",
     "my appointment", "Le technicien n'est jamais venu au rendez-vous",
     "Nobody showed up for my appointment"},
    {"doctor", "", "médecin|médecins|docteur|spécialiste|consultation|doctor|doctors|gp|specialist",
     "<no-show>, <rescheduled>", "<resolved>", "le médecin", "the doctor",
     "Le médecin a décalé mon rendez-vous", "The doctor cancelled my appointment"},
    {"flight", "flight", "", "<delay>, <trip-cancelled>", "<resolved>", "mon vol", "my flight",
     "Mon vol est annulé", "My flight was cancelled"},
    {"train", "train", "", "<delay>, <trip-cancelled>", "<resolved>", "mon train", "my train",
     "Mon train est annulé", "My train was cancelled"},
    {"internet", "internet", "", "<outage>", "<not-outage>, <resolved>", "internet", "internet",
     "Internet est en panne", "Internet is down again"},
    {"energy", "energy", "", "<outage>", "<not-outage>, <resolved>", "le courant", "power",
     "Panne de courant ce soir", "Power outage again"},
    {"app", "app", "", "<outage>", "<not-outage>, <resolved>", "l'appli", "the app",
     "L'appli ne marche plus", "The app is not working"},
    {"transfer", "transfer", "", "<not-there>", "<resolved>", "mon virement", "my transfer",
     "Toujours pas reçu mon virement", "My transfer never arrived"},
    {"account", "account-opening", "", "<no-answer>", "<resolved>", "l'ouverture de mon compte",
     "my account opening", "Ouverture de compte toujours sans réponse",
     "Still no reply about my account opening"},
    {"document", "", "passeport|passeports|permis|visa|titre|passport|passports|licence",
     "<not-there>", "<resolved>", "mon passeport", "my passport", "Toujours pas reçu mon passeport",
     "My passport never arrived"},
    {"claim", "", "sinistre|sinistres|indemnisation|indemnité|claim|claims", "<no-answer>",
     "<resolved>", "l'indemnisation de mon sinistre", "my claim",
     "Aucune réponse à mes mails pour mon sinistre", "No reply to my emails about my claim"},
    {"pickup", "", "drive|retrait|retraits|pickup|pick-up|collect", "<late>", "<resolved>",
     "mon retrait au drive", "my pickup", "Retrait au drive en retard", "The pickup is late again"},
    {"delivery", "parcel", "", "<late>, <not-there>",
     "<not-elapsed>, <resolved>, <refund>, <return>", "mon colis", "my parcel",
     "Jamais reçu mon colis", "My parcel never arrived"},
    {"delivery", "delivery", "", "<late>, <not-there>", "<not-elapsed>, <resolved>, <refund>",
     "ma livraison", "my delivery", "Jamais reçu ma livraison", "My delivery never arrived"},
    {"order", "order", "", "<late>, <not-there>", "<not-elapsed>, <resolved>, <refund>",
     "ma commande", "my order", "Jamais reçu ma commande", "My order never arrived"},
    {"meal", "meal", "", "<late>, <cold-food>", "<resolved>", "mon repas", "my meal",
     "Mon repas est arrivé froid", "My meal arrived cold"},
    {"room", "room", "", "<damaged>", "<resolved>", "la chambre", "the room",
     "La chambre était cassée", "Everything in the room was broken"},
    {"queue", "queue", "", "<waiting>", "<resolved>", "à la caisse", "the checkout",
     "On attend encore à la caisse", "Still waiting at the checkout"},
    {"answer", "message", "", "<answer-after>, <no-answer>", "<resolved>", "une réponse à mon mail",
     "a reply to my email", "Aucune réponse à mes mails", "No reply to my emails"},
    {"return", "return", "", "<charged>", "<free>, <resolved>", "le retour", "the return",
     "On m'a facturé le retour", "They charged me for the return"},
    {"item", "item", "", "<damaged>, <wrong-item>", "<not-damaged>, <resolved>", "l'article",
     "the item", "Article reçu cassé", "The item arrived broken"},
    {"fee", "fee", "", "<charged>", "<free>, <resolved>", "les frais", "the fee",
     "Des frais ont été prélevés", "They charged me a hidden fee"},
    {"warranty", "", "garantie|garanties|warranty|warranties|guarantee", "<complaint>",
     "<resolved>", "la garantie", "the warranty", "La garantie : quelle honte",
     "The warranty is a disgrace"},
};

/* The topic's list. */
#define LIST NULL

static const struct clue {
    const char *topic; /* a list of the table above, or an id where it has none */
    const char *words; /* beginnings, between commas */
} clues[] = {
    {"callback", "rappel,call you back,call back,ring you back"},
    {"callback", LIST},
    {"outage", "panne,coupure,outage,power cut"},
    {"refund", "rembours,refund,reimburs,money back"},
    {"bag", LIST},
    {"technician", "depann,repar,repair"},
    {"technician", LIST},
    {"flight", LIST},
    {"train", LIST},
    {"bank-card", "carte bancaire,carte bleue,bank card,debit card,credit card,replacement card"},
    {"account-opening", "compte ouvert,account open"},
    {"doctor", "medecin,docteur,doctor,specialist"},
    {"appointment", LIST},
    {"internet", "votre ligne,your line,fibre,fiber,broadband,internet,connexion,debit"},
    {"phone", LIST},
    {"internet", LIST},
    {"energy", LIST},
    {"transfer", "virement"},
    {"transfer", LIST},
    {"account-opening", LIST},
    {"document", "passeport,passport,permis,visa"},
    {"claim", "sinistre,indemnis,indemnit,claim"},
    {"pickup", "drive,retrait,click and collect,pickup,pick up"},
    {"meal", "repas,plat,pizza,burger,meal,dinner,lunch,food"},
    {"queue", "caisse,checkout,file d attente,queue"},
    {"return", "retour,return,changer d avis,change your mind"},
    {"room", LIST},
    {"message", "repond,repons,reply,replies,respond,answer"},
    {"parcel", "livr,deliver,expedi,ship,dispatch,at your door,chez vous"},
    {"parcel", LIST},
    {"delivery", LIST},
    {"order", LIST},
    {"app", "uptime,disponibilit,availab"},
    {"message", LIST},
    {"app", LIST},
    {"item", LIST},
    {"fee", LIST},
};

static const struct topic *topic_named(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(topics); i++)
        if (strcmp(topics[i].list[0] ? topics[i].list : topics[i].id, name) == 0)
            return &topics[i];
    return NULL;
}

bool topic_says(struct str words, const char *beginnings)
{
    for (struct str rest = str_of(beginnings), piece; str_split(&rest, ',', &piece);)
        for (size_t at = 0; (at = str_find(words, piece, at)) != SIZE_MAX; at++)
            if (at > 0 && words.p[at - 1] == ' ')
                return true;
    return false;
}

static bool hit(const struct judgement *j, const char *list)
{
    for (size_t i = 0; i < j->n; i++)
        if (str_eq(j->verdicts[i].promise->id, str_of(list)))
            return j->verdicts[i].kind != VERDICT_NONE;
    return false;
}

const struct topic *topic_find(struct str words, const struct judgement *j)
{
    for (size_t i = 0; i < ARRAY_LEN(clues); i++)
        if (clues[i].words ? topic_says(words, clues[i].words) : hit(j, clues[i].topic))
            return topic_named(clues[i].topic);
    return NULL;
}

const struct topic *topic_warranty(void)
{
    return topic_named("warranty");
}

struct str topic_rules(struct arena *arena)
{
    struct sbuf b = SBUF_INIT(1 << 16);

    sbuf_printf(&b, "couac: 1\nowners: {o: {contact: o}}\npromises:\n");
    for (size_t i = 0; i < ARRAY_LEN(topics); i++)
        if (topics[i].list[0])
            sbuf_printf(&b, "  %s: {says: s, owner: o, about: [<%s>], against: [<%s>]}\n",
                        topics[i].list, topics[i].list, topics[i].list);
    struct str yaml = arena_str(arena, sbuf_str(&b));

    sbuf_done(&b);
    return yaml;
}
