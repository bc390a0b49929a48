"""A worker that logs JSON lines for ever."""

import datetime
import json
import os
import random
import signal
import sys
import time

QUEUE = os.environ.get("WORKER_QUEUE", "default")


def log(level, message, **fields):
    now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
    print(json.dumps({"time": now, "level": level, "msg": message, "queue": QUEUE, **fields}), flush=True)


def stop(*_):
    log("info", "asked to stop")
    sys.exit(0)


signal.signal(signal.SIGTERM, stop)
log("info", "worker started", pid=os.getpid())
job = 0
while True:
    job += 1
    took = random.randint(20, 400)
    time.sleep(0.5 + took / 1000)
    if took > 370:
        log("warn", "job was slow", job=job, took_ms=took)
    elif job % 5 == 0:
        log("debug", "queue looked at", waiting=random.randint(0, 9))
    else:
        log("info", "job done", job=job, took_ms=took)
