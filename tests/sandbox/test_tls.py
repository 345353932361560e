"""HTTPS and wss with an authority made at start."""

import json
import ssl
import stat
from datetime import UTC, datetime

import httpx
import pytest
import websockets

from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving
from bot.sandbox.tls import NAMES, certify

from .house import BOT, BOT_SECRET, KEY, robot, text


@pytest.fixture
def certificates(tmp_path):
    return certify(tmp_path, datetime.now(UTC))


async def test_a_client_that_trusts_the_authority_is_served(world, certificates):
    robot(world)
    trust = certificates.trusting()
    async with Serving(create_app(world), certificates=certificates) as served:
        assert served.url.startswith("https://")
        async with httpx.AsyncClient(verify=trust, trust_env=False) as http:
            url = f"{served.url}/cgi-bin/webhook/send?key={KEY}"
            assert (await http.post(url, json=text())).json()["errcode"] == 0
        async with websockets.connect(served.ws_url, ssl=trust) as socket:
            body = {"bot_id": BOT, "secret": BOT_SECRET}
            frame = {"cmd": "aibot_subscribe", "headers": {"req_id": "r"}, "body": body}
            await socket.send(json.dumps(frame))
            assert json.loads(await socket.recv())["errcode"] == 0


async def test_a_client_that_does_not_trust_it_is_not(world, certificates):
    async with (
        Serving(create_app(world), certificates=certificates) as served,
        httpx.AsyncClient(verify=ssl.create_default_context(), trust_env=False) as http,
    ):
        with pytest.raises(httpx.ConnectError):
            await http.get(f"{served.url}/cgi-bin/gettoken")


@pytest.mark.parametrize("name", NAMES)
async def test_the_certificate_is_good_for_the_real_names(world, certificates, name):
    trust = certificates.trusting()
    async with Serving(create_app(world), certificates=certificates) as served:
        socket = ssl.create_default_context(cafile=certificates.authority)
        assert socket.check_hostname
        async with httpx.AsyncClient(verify=trust, trust_env=False) as http:
            answer = await http.get(
                f"{served.url}/cgi-bin/gettoken",
                headers={"Host": name},
                extensions={"sni_hostname": name},
            )
    assert answer.json()["errcode"] == 41002


def test_the_servers_key_is_its_owners_alone(certificates):
    assert stat.S_IMODE(certificates.key.stat().st_mode) == 0o600
    assert "server.key" not in repr(certificates)
