"""How many API calls a second the sandbox answers, by wrk, and how soon it starts.

`python -m tests.bench.sandbox [--seconds N]`. The sandbox runs in a process of its own with every
limit counted; its clock runs a hundred times as fast, so that no limit is ever reached and each
call is a whole one: judged, put on the phones, logged. wrk shares the machine's cores with it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

CONNECTIONS = 32
PROMISED = 2000  # calls a second
TEXT = {"msgtype": "text", "text": {"content": "节前提醒：请阅读后点击确认。"}}
SERVER = """
import asyncio, json, time, uvloop
from datetime import UTC, datetime, timedelta
from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving
from bot.sandbox.world import World

started, wall = datetime.now(UTC), time.monotonic()
world = World(lambda: started + timedelta(seconds=100 * (time.monotonic() - wall)))
for n in range(1000):
    world.add_user(f"u{n}", f"员{n}")
world.accounts = 10**9  # one day's person-times pass in 15 minutes here
keys = [world.add_group(f"g{n}", f"群{n}", [f"u{n}", f"u{n + 1}"]) for n in range(300)]
world.add_app(1000007, "清风", "s3cret", token="t", aes_key="a" * 43, callback_url="http://x.test")

async def main():
    async with Serving(create_app(world)) as served:
        print(json.dumps({"url": served.url, "keys": keys, "corp": world.corp_id}), flush=True)
        await asyncio.Event().wait()

uvloop.run(main())
"""
LUA = """
local bodies, paths, threads, n = {}, {}, {}, 0
bad = 0
%s
setup = function(thread) table.insert(threads, thread) end
request = function()
  n = n + 1
  local i = n %% #paths + 1
  return wrk.format("%s", paths[i], {["Content-Type"] = "application/json"}, bodies[i])
end
response = function(status, headers, body)
  if status ~= 200 or not body:find('"errcode":0', 1, true) then bad = bad + 1 end
end
done = function(summary, latency, requests)
  local refused = 0
  for _, thread in ipairs(threads) do refused = refused + thread:get("bad") end
  io.write(string.format("RESULT %%d %%d %%d %%d\\n", summary.requests, summary.duration,
    latency:percentile(99), refused))
end
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=4)
    seconds = parser.parse_args().seconds
    if shutil.which("wrk") is None:
        sys.exit("wrk is needed: apt-get install wrk")
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE) as server:
        try:
            told = json.loads(server.stdout.readline())  # type: ignore[union-attr]
            rows = [(name, *measure(told["url"], *case, seconds)) for name, case in cases(told)]
        finally:
            server.terminate()
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.1f} at the end, {CONNECTIONS} connections")
    print(f"{'call':<22}{'calls/s':>10}{'p99 ms':>9}{'refused':>9}   promised {PROMISED}/s")
    for name, rate, p99, refused in rows:
        print(f"{name:<22}{rate:>10,.0f}{p99:>9.1f}{refused:>9}")
    print(f"{'start to first answer':<22}{start():>10.2f} s         promised < 1 s")


def cases(told: dict) -> list:
    """name -> (method, [(path, body)]) of each call that is measured."""
    url, corp = told["url"], told["corp"]
    query = {"corpid": corp, "corpsecret": "s3cret"}
    with httpx.Client(base_url=url, trust_env=False) as http:
        token = http.get("/cgi-bin/gettoken", params=query).json()["access_token"]
    send = f"/cgi-bin/message/send?access_token={token}"
    people = [{"touser": f"u{n}|u{n + 1}", "agentid": 1000007, **TEXT} for n in range(300)]
    hooks = [(f"/cgi-bin/webhook/send?key={key}", TEXT) for key in told["keys"]]
    return [
        ("webhook/send", ("POST", hooks)),
        ("message/send", ("POST", [(send, body) for body in people])),
        ("gettoken", ("GET", [(f"/cgi-bin/gettoken?corpid={corp}&corpsecret=s3cret", None)])),
        ("user/get", ("GET", [(f"/cgi-bin/user/get?access_token={token}&userid=u1", None)])),
    ]


def measure(url: str, method: str, calls: list, seconds: int) -> tuple[float, float, int]:
    """(calls a second, p99 in ms, answers that were no errcode 0)."""
    lines = [
        f"paths[{n}] = {json.dumps(path)}\nbodies[{n}] = {lua(body)}"
        for n, (path, body) in enumerate(calls, start=1)
    ]
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "calls.lua")
        script.write_text(LUA % ("\n".join(lines), method), "utf-8")
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script), url]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+)", said)
    assert found is not None, said
    requests, micro, p99, refused = (int(group) for group in found.groups())
    return requests / micro * 1e6, p99 / 1000, refused


def lua(body: object) -> str:
    return "nil" if body is None else f"[==[{json.dumps(body)}]==]"


def start() -> float:
    """Seconds from the command to the first answer."""
    began = time.monotonic()
    command = [sys.executable, "-m", "bot", "sandbox", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            url = json.loads(process.stdout.readline())["http"]  # type: ignore[union-attr]
            httpx.get(f"{url}/cgi-bin/gettoken", trust_env=False)
            return time.monotonic() - began
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
