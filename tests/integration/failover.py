#!/usr/bin/python3
"""failover - Sentinel promotes, a Cluster moves: nothing lost, nothing doubled but by its id.

usage: failover.py FEEDER [failovers=2] [cluster_losses=2]

One master and two replicas under three Sentinels; the master is killed again and again while
rows flow. Replication is asynchronous, so an acknowledged row may be lost with the master; every
other time this is made sure of: the replicas lose sight of it for a moment before it dies. The
courier sees the smaller number and sends again. The control beside it in the same Redis is an
honest producer that looks back at nothing (a row without an answer is sent again, one with an
answer is done): it must lose rows, else the failovers prove nothing. Then a Cluster of six nodes
loses masters.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from redis_rig import RedisError, run, wait_for  # noqa: E402

# After the last row the feeder stays a while, as couacd does: a link to a master that is none any
# more drops, and what it lost is sent again.
LINGER = 2000
# Sentinel pings once a second or once in down-after-milliseconds, whatever is shorter, and counts
# the silence from the moment it learns of a new master. With less than a second the first ping
# leaves when the time is up: every promotion is then followed by a false alarm, and when two
# sentinels share it, by another promotion; then nodes follow masters of the past for long.
DOWN_AFTER = 1500
SETTINGS = {"failovers": 2, "cluster_losses": 2}


def free_ports(n):
    """Ports whose twin for the cluster bus, 10,000 above, is free too."""
    ports, probes = [], []
    while len(ports) < n:
        probe = socket.create_server(("127.0.0.1", 0))
        probes.append(probe)
        port = probe.getsockname()[1]
        try:
            if port < 50000:
                probes.append(socket.create_server(("127.0.0.1", port + 10000)))
                ports.append(port)
        except OSError:
            pass
    for probe in probes:
        probe.close()
    return ports


def info(redis, what):
    try:
        text = redis.do("INFO", "replication")
        return dict(line.split(":", 1) for line in text.splitlines() if ":" in line).get(what)
    except (OSError, RedisError):
        return None


def told(port, *question):
    """A sentinel's answer as text; empty while it does not listen."""
    answer = subprocess.run(["redis-cli", "-p", str(port), *question], capture_output=True, text=True, timeout=5,
                            check=False)
    return answer.stdout if answer.returncode == 0 else ""


def agreed(ports, old):
    """The port of the new master once every sentinel names it. (One that lags names the old one,
    which, restarted at once, would take rows for the ten seconds until it is demoted; they are
    sent again then, but a test cannot wait so long.)"""
    names = {told(port, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mine") for port in ports}
    words = names.pop().split() if len(names) == 1 else []
    return int(words[1]) if len(words) == 2 and words[1] != str(old) else None


class Sentinel:
    def __init__(self, rig, n, port, master_port):
        self.path = os.path.join(rig.folder, f"sentinel{n}.conf")
        with open(self.path, "w", encoding="ascii") as f:
            f.write(f"port {port}\nbind 127.0.0.1\ndir {rig.folder}\nsentinel monitor mine 127.0.0.1 {master_port} 2\n"
                    f"sentinel down-after-milliseconds mine {DOWN_AFTER}\nsentinel failover-timeout mine 5000\n"
                    "sentinel parallel-syncs mine 2\n")
        with open(self.path + ".log", "wb") as log:
            self.process = subprocess.Popen(["redis-server", self.path, "--sentinel"], stdout=log, stderr=log)

    def kill(self):
        self.process.kill()
        self.process.wait()


def complete(redis, rows, key="couac:alerts"):
    got = redis.rows(key)
    missing = set(range(1, rows + 1)) - set(got)
    assert not missing, f"{len(missing)} rows lost, e.g. {sorted(missing)[:3]}"
    return len(got) - len(set(got))


class Plain(threading.Thread):
    """The control: follows the master as the courier does, but never looks back."""

    def __init__(self, master):
        super().__init__(daemon=True)
        self.master, self.done, self.stop = master, 0, threading.Event()

    def run(self):
        while not self.stop.wait(0.01):
            try:
                client = self.master().client()
                client.sock.settimeout(1)
                while not self.stop.wait(0.005):
                    self.batch(client)
            except (OSError, AttributeError, RedisError):
                pass  # the master is gone, or nobody knows one

    def batch(self, client):
        for n in range(10):
            client.send("XADD", "plain:alerts", "*", "id", f"row-{self.done + n + 1}")
        for _ in range(10):
            client.reply()
        self.done += 10

    def kill(self):
        self.stop.set()
        self.join()

    def lost(self, redis):
        self.kill()
        return self.done - len(set(redis.rows("plain:alerts")) & set(range(1, self.done + 1)))


class Sentineled:
    """A master, two replicas and three Sentinels."""

    def __init__(self, rig, *lacking):
        """`lacking`: commands that the first node does not know."""
        ports = free_ports(6)
        self.ports, self.watchers = ports[:3], ports[3:]
        self.nodes = [rig.redis(name=f"node{p}", start=False, bind="127.0.0.1", port=p, durable=True,
                                appendfsync="everysec", repl_diskless_sync_delay=0) for p in self.ports]
        self.nodes[0].more = [word for name in lacking for word in ("--rename-command", name, "")]
        for n, node in enumerate(self.nodes):
            node.start()
            if n:
                node.do("REPLICAOF", "127.0.0.1", ports[0])
        wait_for("replicas", lambda: self.followers(self.nodes[0]) == 2)
        for n, port in enumerate(self.watchers):
            rig.keep(Sentinel(rig, n, port, ports[0]))
        wait_for("the sentinels to know each other", self.acquainted)

    def acquainted(self):
        return all("slaves=2,sentinels=3" in told(port, "INFO", "sentinel") for port in self.watchers)

    def calm(self):
        """No sentinel still leads a failover. (If the new master dies before it is over, its leader
        names the dead one until that is back.)"""
        return not any("failover_in_progress" in told(port, "SENTINEL", "MASTER", "mine") for port in self.watchers)

    def master(self, old=0):
        port = agreed(self.watchers, old)
        return self.nodes[self.ports.index(port)] if port else None

    def followers(self, master):
        others = [n for n in self.nodes if n is not master]
        return sum(info(n, "master_link_status") == "up" and info(n, "master_port") == master.settings["port"]
                   for n in others)

    def fail_over(self, blind):
        """Kills the master; `blind`: its replicas do not see its last rows."""
        master = wait_for("agreement", self.master)
        wait_for("replicas", lambda: self.followers(master) == 2)
        wait_for("an end of the failover", self.calm)
        for node in self.nodes if blind else []:
            if node is not master:
                node.do("REPLICAOF", "127.0.0.1", 1)
        time.sleep(0.2)
        master.kill()
        new = wait_for("a new master", lambda: self.master(int(master.settings["port"])))
        master.start()
        master.do("REPLICAOF", "127.0.0.1", new.settings["port"])
        wait_for("the others to follow", lambda: self.followers(new) == 2)


def sentinels_promote_and_every_row_is_there(rig):
    failovers = SETTINGS["failovers"]
    redis = Sentineled(rig)
    feeder = rig.feeder("redis://127.0.0.1:1", 10**9, every=10, batch=10, master="mine", linger=LINGER,
                        sentinels=",".join(f"127.0.0.1:{p}" for p in redis.watchers))
    plain = rig.keep(Plain(redis.master))
    plain.start()
    for n in range(failovers):
        time.sleep(0.5)
        redis.fail_over(blind=n % 2 == 0)
    feeder.process.send_signal(signal.SIGUSR1)
    report = feeder.done()
    rows = report["last"]
    master = wait_for("agreement", redis.master)
    doubled = complete(master, rows)
    assert doubled == 0, f"{doubled} doubled in one history"
    assert rows > 300 * failovers, "too few to prove anything"
    lost = plain.lost(master)
    assert lost > 0, "the control lost nothing: the failovers prove nothing"
    return (f"{failovers} failovers, {rows} rows, {report['rewinds']} rewinds; the control lost {lost} of "
            f"{plain.done} acknowledged")


def a_cluster_loses_masters_and_every_row_is_there(rig):
    ports = free_ports(6)
    nodes = [rig.redis(name=f"c{p}", bind="127.0.0.1", port=p, cluster_enabled="yes", cluster_node_timeout=500,
                       repl_diskless_sync_delay=0, appendfsync="everysec") for p in ports]
    subprocess.run(["redis-cli", "--cluster", "create", *[f"127.0.0.1:{p}" for p in ports], "--cluster-replicas", "1",
                    "--cluster-yes"], check=True, capture_output=True, timeout=20)
    wait_for("the cluster", lambda: all("cluster_state:ok" in n.do("CLUSTER", "INFO") for n in nodes))
    slot = nodes[0].do("CLUSTER", "KEYSLOT", "{couac}:alerts")

    def owner():
        for node in nodes:
            try:
                flags = next(l for l in node.do("CLUSTER", "NODES").splitlines() if "myself" in l).split()
            except OSError:
                continue
            ranges = [r for r in flags[8:] if "[" not in r]
            if "master" in flags[2] and any(int(r.split("-")[0]) <= slot <= int(r.split("-")[-1]) for r in ranges):
                return node
        return None

    losses = SETTINGS["cluster_losses"]
    rows = 4000 * losses
    feeder = rig.feeder(f"redis://127.0.0.1:{ports[0]}", rows, every=10, batch=20, prefix="{couac}:", linger=LINGER,
                        seeds=",".join(f"127.0.0.1:{p}" for p in ports[1:]))
    for _ in range(losses):
        time.sleep(0.6)
        old = wait_for("an owner with a replica", lambda: (lambda n: n if n and info(n, "connected_slaves") != "0"
                                                           else None)(owner()))
        old.kill()
        wait_for("another owner", lambda: owner() not in (None, old))
        old.start(wait=False)
        wait_for("the old one to follow", lambda: info(old, "master_link_status") == "up")
    report = feeder.done()
    doubled = complete(wait_for("owner", owner), rows, "{couac}:alerts")
    assert doubled == 0, f"{doubled} doubled in one history"
    return f"{losses} masters lost, {rows} rows, {report['rewinds']} rewinds"


def a_slot_moves_while_rows_flow(rig):
    ports = free_ports(2)
    one, two = (rig.redis(name=f"c{p}", bind="127.0.0.1", port=p, cluster_enabled="yes") for p in ports)
    one.do("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
    one.do("CLUSTER", "MEET", "127.0.0.1", ports[1])
    ids = [n.do("CLUSTER", "MYID") for n in (one, two)]
    wait_for("two nodes", lambda: all(len(n.do("CLUSTER", "NODES").splitlines()) == 2
                                      and "cluster_state:ok" in n.do("CLUSTER", "INFO") for n in (one, two)))
    slot = one.do("CLUSTER", "KEYSLOT", "{couac}:alerts")
    feeder = rig.feeder(f"redis://127.0.0.1:{ports[0]}", 4000, every=10, batch=20, prefix="{couac}:", timeout=500)
    wait_for("rows", lambda: one.do("XLEN", "{couac}:alerts") > 500)
    two.do("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[0])
    one.do("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[1])
    time.sleep(0.1)
    for key in one.do("CLUSTER", "GETKEYSINSLOT", slot, 100):
        one.do("MIGRATE", "127.0.0.1", ports[1], key, 0, 5000)
        time.sleep(0.05)
    for node in (two, one):
        node.do("CLUSTER", "SETSLOT", slot, "NODE", ids[1])
    report = feeder.done()
    assert two.rows("{couac}:alerts") == list(range(1, 4001))
    return f"{report['rewinds']} rewinds"


def a_hung_master_is_left_for_the_new_one(rig):
    ports = free_ports(5)
    nodes = [rig.redis(name=f"node{p}", bind="127.0.0.1", port=p, repl_diskless_sync_delay=0) for p in ports[:2]]
    nodes[1].do("REPLICAOF", "127.0.0.1", ports[0])
    wait_for("replica", lambda: info(nodes[1], "master_link_status") == "up")
    for n, port in enumerate(ports[2:]):
        rig.keep(Sentinel(rig, n, port, ports[0]))
    time.sleep(1.2)
    feeder = rig.feeder("redis://127.0.0.1:1", 3000, every=10, batch=20, master="mine", timeout=400,
                        sentinels=",".join(f"127.0.0.1:{p}" for p in ports[2:]))
    wait_for("rows", lambda: nodes[0].do("XLEN", "couac:alerts") > 300)
    nodes[0].process.send_signal(signal.SIGSTOP)
    report = feeder.done()
    nodes[0].process.send_signal(signal.SIGCONT)
    assert complete(nodes[1], 3000) == 0
    return f"{report['rewinds']} rewinds"


def a_deposed_master_that_lives_on_is_left(rig):
    """It cannot be demoted, as if it were cut off from the sentinels but not from us."""
    redis = Sentineled(rig, "SLAVEOF", "REPLICAOF")
    feeder = rig.feeder("redis://127.0.0.1:1", 10**9, every=10, batch=10, master="mine",
                        sentinels=",".join(f"127.0.0.1:{p}" for p in redis.watchers))
    old = redis.nodes[0]
    wait_for("rows", lambda: old.do("XLEN", "couac:alerts") > 300)
    told(redis.watchers[0], "SENTINEL", "FAILOVER", "mine")
    new = wait_for("a new master", lambda: redis.master(int(old.settings["port"])))
    wait_for("rows there", lambda: new.do("XLEN", "couac:alerts") > old.do("XLEN", "couac:alerts"))
    feeder.process.send_signal(signal.SIGUSR1)
    report = feeder.done()
    assert info(old, "role") == "master"
    assert complete(new, report["last"]) == 0
    return f"{report['last']} rows, {report['rewinds']} rewinds"


TESTS = [sentinels_promote_and_every_row_is_there, a_cluster_loses_masters_and_every_row_is_there,
         a_slot_moves_while_rows_flow, a_deposed_master_that_lives_on_is_left, a_hung_master_is_left_for_the_new_one]

if __name__ == "__main__":
    for setting in sys.argv[2:]:
        key, value = setting.split("=")
        SETTINGS[key] = int(value)
    sys.exit(run(TESTS, sys.argv[1], at_once=2))
