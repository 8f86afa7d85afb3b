"""Three small sources that release posts over time: RSS, Atom and JSON Feed.

A real HTTP server on 127.0.0.1, any free port: it answers conditional requests
with 304, as good servers do, so what couacd does here is what it does outside.
"""
import hashlib
import json
import threading
import time
from datetime import datetime, timezone
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape


def moment(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc)


def rss(posts):
    items = "".join(
        "<item><guid isPermaLink='false'>%s</guid><title>%s</title><author>%s</author>"
        "<link>%s</link><pubDate>%s</pubDate></item>"
        % (p["id"], escape(p["text"]), escape(p["author"]), p["url"], format_datetime(moment(p["when"])))
        for p in posts)
    return ("application/rss+xml", "<?xml version='1.0' encoding='UTF-8'?><rss version='2.0'><channel>"
            "<title>The Daily Basket</title><link>https://press.example/</link>"
            "<description>News and readers' letters</description>%s</channel></rss>" % items)


def atom(posts):
    entries = "".join(
        "<entry xml:lang='%s'><id>%s</id><title>%s</title><author><name>%s</name></author>"
        "<link href='%s'/><updated>%s</updated><content type='text'>%s</content></entry>"
        % (p["lang"], p["id"], escape(p["text"][:30]), escape(p["author"]), p["url"],
           moment(p["when"]).isoformat(), escape(p["text"]))
        for p in posts)
    return ("application/atom+xml", "<?xml version='1.0' encoding='UTF-8'?>"
            "<feed xmlns='http://www.w3.org/2005/Atom'><id>urn:demo:social</id><title>Social</title>"
            "<updated>%s</updated>%s</feed>" % (moment(time.time()).isoformat(), entries))


def json_feed(posts):
    return ("application/feed+json", json.dumps({
        "version": "https://jsonfeed.org/version/1.1", "title": "Reviews",
        "items": [{"id": p["id"], "url": p["url"], "content_text": p["text"], "language": p["lang"],
                   "authors": [{"name": p["author"]}], "date_published": moment(p["when"]).isoformat()}
                  for p in posts]}))


WRITERS = {"press": rss, "social": atom, "reviews": json_feed}


class Feeds:
    """`posts` appear on their sources at `post.at * pace` seconds after start()."""

    def __init__(self, posts, pace=1.0):
        self.posts, self.pace = posts, pace
        self.began = None
        feeds = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                feeds.answer(self)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, source):
        return "http://127.0.0.1:%d/%s" % (self.server.server_port, source)

    def start(self):
        self.began = time.time()

    def appears(self, index):
        """When post `index` appears, in seconds since the epoch."""
        return self.began + self.posts[index].at * self.pace

    def released(self, source):
        if self.began is None:
            return []
        return [{"id": "urn:demo:%d" % i, "url": "https://%s.example/%d" % (source, i), "when": self.appears(i),
                 "text": p.text, "author": p.author, "lang": p.lang}
                for i, p in enumerate(self.posts) if p.source == source and self.appears(i) <= time.time()]

    def answer(self, request):
        write = WRITERS.get(request.path.strip("/"))
        if not write:
            request.send_error(404)
            return
        posts = self.released(request.path.strip("/"))
        tag = '"%s"' % hashlib.sha256(repr([p["id"] for p in posts]).encode()).hexdigest()[:16]
        if request.headers.get("If-None-Match") == tag:
            request.send_response(304)
            request.send_header("ETag", tag)
            request.end_headers()
            return
        kind, body = write(posts)
        body = body.encode()
        request.send_response(200)
        for name, value in (("Content-Type", kind), ("ETag", tag), ("Content-Length", str(len(body)))):
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
