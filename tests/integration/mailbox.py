#!/usr/bin/env python3
"""A folder of a real Dovecot over TLS: each mail once, whatever dies, nothing marked as read."""

import email.message
import email.utils
import grp
import os
import pwd
import shutil
import socket
import subprocess
import sys
import time

import redis_rig
from redis_rig import wait_for
from web_rig import Couacd, complaint

PROGRAM, SHARE = sys.argv[1], sys.argv[2]
DOVECOT = shutil.which("dovecot") or "/usr/sbin/dovecot"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Dovecot:
    """A private one: own configuration, certificate, mails and port."""

    def __init__(self, rig):
        self.folder = os.path.join(rig.folder, "dovecot")
        self.mail = os.path.join(self.folder, "mail")
        self.port, self.plain_port, self.n = free_port(), free_port(), 0
        for box in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(self.mail, box))
        self.cert = os.path.join(self.folder, "cert.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout",
                        self.folder + "/key.pem", "-out", self.cert], check=True, capture_output=True)
        owner = pwd.getpwuid(os.getuid())
        internal = login = owner.pw_name
        if os.getuid() == 0:  # Dovecot refuses to log in, and to read mail, as root
            owner, internal, login = pwd.getpwnam("nobody"), "dovecot", "dovenull"
            for folder in (rig.folder, self.folder):
                os.chmod(folder, 0o711)
            subprocess.run(["chown", "-R", f"{owner.pw_uid}:{owner.pw_gid}", self.mail], check=True)
        self.owner = owner
        group = grp.getgrgid(pwd.getpwnam(internal).pw_gid).gr_name
        with open(self.folder + "/users", "w", encoding="ascii") as f:
            f.write("care:{PLAIN}pass word\n")
        self.config = self.folder + "/dovecot.conf"
        with open(self.config, "w", encoding="ascii") as f:
            f.write(f"""base_dir = {self.folder}/run
state_dir = {self.folder}/state
log_path = {self.folder}/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{self.cert}
ssl_key = <{self.folder}/key.pem
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
first_valid_uid = 0
mail_location = maildir:{self.mail}
passdb {{
  driver = passwd-file
  args = {self.folder}/users
}}
userdb {{
  driver = static
  args = uid={owner.pw_uid} gid={owner.pw_gid} home={self.mail}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {self.plain_port}
  }}
  inet_listener imaps {{
    port = {self.port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
""")
        self.process = None

    def start(self):
        self.process = subprocess.Popen([DOVECOT, "-F", "-c", self.config], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        try:
            wait_for("dovecot", lambda: _answers(self.port), 10)
        except AssertionError as error:
            with open(self.folder + "/log", encoding="utf-8") as f:
                raise AssertionError(f.read()[-1000:]) from error
        return self

    def kill(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def deliver(self, raw):
        self.n += 1
        name = f"{int(time.time())}.M{self.n}.x"
        with open(os.path.join(self.mail, "tmp", name), "wb") as f:
            f.write(raw)
        if os.getuid() == 0:
            os.chown(os.path.join(self.mail, "tmp", name), self.owner.pw_uid, self.owner.pw_gid)
        os.rename(os.path.join(self.mail, "tmp", name), os.path.join(self.mail, "new", name))

    def read(self):
        """Mails that somebody marked as read."""
        return [n for n in os.listdir(self.mail + "/cur") if "S" in n.rpartition(",")[2]]

    def number_anew(self):
        for name in os.listdir(self.mail):
            if name.startswith("dovecot"):
                path = os.path.join(self.mail, name)
                shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)


def _answers(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def mail(n, text=None, html=None, days=0):
    m = email.message.EmailMessage()
    m["From"] = "Léa Müller <lea@client.example>"
    m["Subject"] = f"Où est mon colis n° {n} ?"
    m["Message-ID"] = f"<{n}@client.example>"
    m["Date"] = email.utils.formatdate(time.time() - days * 86400)
    m.set_content(text or complaint(n) + "\n\nOn Mon, Care wrote:\n> We deliver within 48 hours\n-- \nLéa\n")
    if html:
        m.add_alternative(html, subtype="html")
    m.add_attachment(b"\xff\xd8" * 1000, maintype="image", subtype="jpeg", filename="x.jpg")
    return m.as_bytes()


def start(rig, url=None, go=True, **keys):
    dovecot = rig.keep(Dovecot(rig)).start()
    password = os.path.join(rig.folder, "password")
    with open(password, "w", encoding="ascii") as f:
        f.write("pass word\n")
    source = {"kind": "mailbox", "url": url or f"imaps://localhost:{dovecot.port}/INBOX", "user": "care",
              "token_file": password, "ca_file": dovecot.cert, "network": "private", "every": "1 s",
              "about": "us", "lang": "en", **keys}
    source["url"] = source["url"].replace("PLAIN", str(dovecot.plain_port))
    couacd = rig.keep(Couacd(rig, PROGRAM, rig.redis(durable=False), SHARE, {"care": source}))
    return dovecot, couacd.start() if go else couacd


def all_of(couacd, n):
    wait_for(f"{n} alerts", lambda: couacd.alerts() >= n)
    time.sleep(1.5)
    assert couacd.alerts() == n, couacd.alerts()


def each_mail_is_heard_once_and_stays_unread(rig):
    dovecot, couacd = start(rig, go=False)
    for n in range(40):
        dovecot.deliver(mail(n))
    couacd.start()
    all_of(couacd, 40)
    dovecot.deliver(mail(40, html="<p>rich</p>"))
    all_of(couacd, 41)
    assert dovecot.read() == [], dovecot.read()
    alerts = str(couacd.redis.do("XRANGE", "couac:alerts", "-", "+"))
    assert "Been waiting" in alerts and "We deliver" not in alerts, alerts[:2000]
    assert couacd.stop() == 0


def kills_and_another_numbering_repeat_nothing(rig):
    dovecot, couacd = start(rig)
    for n in range(6):
        for i in range(10):
            dovecot.deliver(mail(f"{n}.{i}"))
        time.sleep(0.2 * n % 0.7)
        couacd.kill()
        couacd.start(wait=False)
    all_of(couacd, 60)
    dovecot.kill()
    dovecot.number_anew()
    dovecot.start()
    dovecot.deliver(mail("after"))
    all_of(couacd, 61)
    assert couacd.stop() == 0


def a_server_that_comes_and_goes_is_found_again(rig):
    dovecot, couacd = start(rig)
    dovecot.deliver(mail(1))
    all_of(couacd, 1)
    dovecot.kill()
    wait_for("the failure", lambda: couacd.logged("source.failed source=care why=connect"))
    dovecot.start()
    dovecot.deliver(mail(2))
    all_of(couacd, 2)
    assert couacd.logged("source.recovered source=care")
    assert couacd.stop() == 0


def starttls_works_and_no_password_leaves_without_tls(rig):
    dovecot, couacd = start(rig, url="imap://localhost:PLAIN/INBOX")
    dovecot.deliver(mail(1))
    all_of(couacd, 1)
    assert couacd.stop() == 0


def strangers_and_wrong_words_are_named(rig):
    dovecot, couacd = start(rig, ca_file=None)
    wait_for("tls", lambda: couacd.logged("source.failed source=care why=tls"))
    assert couacd.stop() == 0
    for name, keys, why in (("where", {"folder": "Nope"}, "refused"), ("inside", {"network": "public"}, "forbidden"),
                            ("who", {"user": "nobody"}, "login")):
        source = {"kind": "mailbox", "url": f"imaps://localhost:{dovecot.port}/{keys.pop('folder', 'INBOX')}",
                  "user": "care", "token_file": os.path.join(rig.folder, "password"), "ca_file": dovecot.cert,
                  "network": "private", **keys}
        other = rig.keep(Couacd(rig, PROGRAM, None, SHARE, {"care": source}, name=name,
                                poll={"connect_timeout": "15 s"})).start()
        wait_for(why, lambda o=other, w=why: o.logged(f"source.failed source=care why={w}"))
        assert other.stop() == 0


TESTS = [each_mail_is_heard_once_and_stays_unread, kills_and_another_numbering_repeat_nothing,
         a_server_that_comes_and_goes_is_found_again, starttls_works_and_no_password_leaves_without_tls,
         strangers_and_wrong_words_are_named]

if __name__ == "__main__":
    wanted = sys.argv[3:]
    if not os.path.exists(DOVECOT):
        print("1..0 # SKIP dovecot is not installed")
        sys.exit(0)
    sys.exit(redis_rig.run([t for t in TESTS if not wanted or any(w in t.__name__ for w in wanted)], PROGRAM))
