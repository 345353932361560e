"""The nginx of docs/operate/server.md in front of a real house: what it lets through, and whom."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import subprocess
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from bot import app, config
from bot.sandbox.server import create_app
from bot.sandbox.serving import Serving, free_port
from bot.sandbox.tls import Certificates, certify
from tests.engine.office import ROOT, office

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
NAME = "qingfeng.example.gov.cn"
pytestmark = [
    pytest.mark.nightly,
    pytest.mark.skipif(NGINX is None, reason="needs nginx (apt-get install nginx-light)"),
]


def configured(home: Path, certificates: Certificates, port: int, plain: int, bot: int) -> Path:
    """The two files as they ship, with this machine's ports and places in them."""
    snippet = (ROOT / "deploy/nginx/qingfeng_proxy.conf").read_text("utf-8")
    (home / "proxy.conf").write_text(snippet.replace("127.0.0.1:8650", f"127.0.0.1:{bot}"))
    text = (ROOT / "deploy/nginx/qingfeng.conf").read_text("utf-8")
    text = re.sub(r" *listen \[::\].*\n", "", text)
    text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
    text = text.replace("listen 80", f"listen 127.0.0.1:{plain}")
    text = text.replace("/etc/ssl/qingfeng/fullchain.pem", str(certificates.certificate))
    text = text.replace("/etc/ssl/qingfeng/key.pem", str(certificates.key))
    text = text.replace("/etc/nginx/qingfeng_proxy.conf", str(home / "proxy.conf"))
    user = "user root;\n" if hasattr(os, "geteuid") and os.geteuid() == 0 else ""
    temporary = "".join(
        f"{kind}_temp_path {home}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = f"{user}daemon off;\npid {home}/pid;\nerror_log {home}/error.log;\nevents {{}}\n"
    path = home / "nginx.conf"
    path.write_text(f"{whole}http {{\naccess_log off;\n{temporary}{text}}}\n", "utf-8")
    return path


def begun(path: Path) -> subprocess.Popen[bytes]:
    assert NGINX is not None
    tried = subprocess.run([NGINX, "-t", "-c", path], capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stderr
    return subprocess.Popen([NGINX, "-c", path], stderr=subprocess.DEVNULL)


@asynccontextmanager
async def proxied(home: str, bot: int):
    """nginx before a bot; yields its HTTPS port, its plain one, and whom to trust."""
    os.mkdir(home)
    certificates = certify(Path(home), datetime.now(UTC))
    port, plain = free_port(), free_port()
    nginx = begun(configured(Path(home), certificates, port, plain, bot))
    try:
        for _ in range(100):
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                break
            assert nginx.poll() is None
            await asyncio.sleep(0.05)
        yield port, plain
    finally:
        nginx.terminate()
        await asyncio.to_thread(nginx.wait, 10)


@asynccontextmanager
async def house_named(home: Path):
    """A house whose settings name the address that people come by."""
    async with office(home) as desk:
        pass
    named = config.load(home / "config.toml", {"QINGFENG_WEB__PUBLIC_URL": f"https://{NAME}"})
    house = app.build(named, desk.clock.now, httpx.ASGITransport(create_app(desk.stage.world)))
    try:
        yield house
    finally:
        await house.close()


async def test_the_proxy_lets_through_what_it_names_and_the_console_knows_its_name(tmp_path):
    bot = free_port()
    async with (
        house_named(tmp_path / "局") as house,
        Serving(house.web, port=bot),
        proxied(str(tmp_path / "nginx"), bot) as (port, plain),
        # The certificate is the sandbox's, made out to localhost; the name is asked for as meant.
        httpx.AsyncClient(verify=False, headers={"Host": NAME}, trust_env=False) as http,
    ):
        at = f"https://127.0.0.1:{port}"
        assert (await http.get(f"{at}/healthz")).text == "ok"
        assert (await http.get(f"{at}/static/item.css")).status_code in (200, 404)
        assert (await http.get(f"{at}/r/nobody.knows")).status_code == 404
        assert (await http.get(f"{at}/wecom/callback")).status_code in (400, 403)

        for closed in ("/", "/readyz", "/metrics", "/control/pushes", "/wecom/callback/x"):
            answer = await http.post(f"{at}{closed}")
            assert (answer.status_code, "nginx" in answer.text) == (404, True), closed

        # The console: nobody without a link; with it, a cookie for this very host, over TLS only.
        assert (await http.get(f"{at}/console")).status_code in (303, 401, 403)
        invited = f"{at}/console/enter/{house.entry.invite(house.now())}"
        page = await http.get(invited)
        assert page.status_code == 200
        fields = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page.text))
        entered = await http.post(invited, data=fields, headers={"Origin": f"https://{NAME}"})
        assert entered.status_code == 303, entered.text
        cookie = entered.headers["set-cookie"]
        assert cookie.startswith("__Host-qingfeng-")
        assert "Secure" in cookie

        # Another name than ours is nobody; plain http only leads to https.
        strange = await http.get(f"{at}/console", headers={"Host": "evil.example.com"})
        assert strange.status_code >= 400
        led = await http.get(f"http://127.0.0.1:{plain}/r/x")
        assert (led.status_code, led.headers["location"]) == (301, f"https://{NAME}/r/x")
