#!/usr/bin/python3
"""plain_producer - the control: sends an outbox with XADD, without the guard.

usage: plain_producer.py STATE SOCKET

It is honest otherwise: a row is marked only after Redis' yes, so nothing is lost; but after
a death between the yes and the mark the row is sent again, and nobody refuses it.
"""

import os
import sqlite3
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from redis_rig import Client  # noqa: E402

WINDOW = 50


def main(state, socket):
    db = sqlite3.connect(state, timeout=5, isolation_level=None)
    db.execute("CREATE TABLE IF NOT EXISTS plain (sent INTEGER)")
    client = Client(socket)
    while True:
        sent = db.execute("SELECT ifnull(max(sent), 0) FROM plain").fetchone()[0]
        rows = db.execute("SELECT seq, id, json FROM outbox WHERE seq > ? ORDER BY seq LIMIT ?",
                          (sent, WINDOW)).fetchall()
        if not rows:
            return
        for _, name, json in rows:
            client.send("XADD", "couac:alerts", "*", "data", json, "id", name)
        for _ in rows:
            client.reply()
        db.execute("INSERT INTO plain VALUES (?)", (rows[-1][0],))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
