"""Rules for the files of deploy/: deployment.py. Every finding shows; one fails.

Parsed and held against what the files promise: nothing runs as root or opens a port to the world, secrets are asked for and
not written down, images and hosts are placeholders or plain names, the proxy overwrites the headers that the product
believes, the commands exist. `systemd-analyze verify` and `nginx -t` have the last word where these programs are.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
COMMANDS = ROOT / "src/quantriet/config/management/commands"
HARDENED = {
    "ProtectSystem": "strict",
    "ProtectHome": "true",
    "PrivateTmp": "true",
    "PrivateDevices": "true",
    "NoNewPrivileges": "true",
    "CapabilityBoundingSet": "",
    "RestrictSUIDSGID": "true",
    "LockPersonality": "true",
    "UMask": "0027",
}
PASSED_ON = {
    "X-Real-IP": "$remote_addr",
    "X-Forwarded-For": "$remote_addr",
    "X-Forwarded-Proto": "$scheme",
    "Host": "$host",
}


def compose(folder: Path) -> Iterator[str]:
    try:
        told: dict[str, Any] = yaml.safe_load((folder / "compose.yaml").read_text("utf-8"))
    except yaml.YAMLError as error:
        yield f"compose.yaml does not parse: {error}"
        return
    services: dict[str, Any] = told.get("services") or {}
    if services.keys() < {"app", "worker", "postgres"}:
        yield "compose.yaml: app, worker and postgres are expected"
    volumes = set(told.get("volumes") or {})
    asked = set(re.findall(r"\$\{(\w+)", (folder / "compose.yaml").read_text("utf-8")))
    given = set(re.findall(r"^(\w+)=", (folder / ".env.example").read_text("utf-8"), re.M))
    for name in sorted(asked - given):
        yield f"compose.yaml: {name} does not stand in .env.example"
    for name, service in services.items():
        where = f"compose.yaml, {name}"
        if service.get("privileged") or service.get("network_mode") == "host":
            yield f"{where}: privileged, or in the network of the host"
        for port in service.get("ports") or []:
            if not str(port).startswith("127.0.0.1:"):
                yield f"{where}: port {port} is open to the world"
        image = str(service.get("image", ""))
        if not re.fullmatch(r"[a-z0-9-]+:[\w.-]+", image) or image.endswith(":latest"):
            yield f"{where}: image {image!r} is not a plain name with a version"
        for variable, value in (service.get("environment") or {}).items():
            if re.search(r"PASSWORD|SECRET|KEY$", variable) and not str(value).startswith("${"):
                yield f"{where}: {variable} is written down"
        for volume in service.get("volumes") or []:
            if str(volume).split(":")[0] not in volumes:
                yield f"{where}: volume {volume} is not declared"
        for other, condition in (service.get("depends_on") or {}).items():
            if other not in services or condition.get("condition") != "service_healthy":
                yield f"{where}: does not wait until {other} is healthy"
        if "build" in service:
            kept = (service.get("read_only"), service.get("cap_drop"), service.get("security_opt"))
            if kept != (True, ["ALL"], ["no-new-privileges:true"]):
                yield f"{where}: not read-only, or with more rights than it needs"
            if not (folder / service["build"]["context"] / service["build"]["dockerfile"]).exists():
                yield f"{where}: no such Dockerfile"
            yield from _command(where, [str(part) for part in service.get("command") or []])
    if not services.get("worker", {}).get("hostname"):
        yield "compose.yaml, worker: without a fixed hostname it finds its lost jobs only after two hours"


def _command(where: str, words: list[str]) -> Iterator[str]:
    """The command and its options exist."""
    if "quantriet" not in words:
        return
    name, *options = words[words.index("quantriet") + 1 :]
    file = COMMANDS / f"{name}.py"
    if not file.exists():
        yield f"{where}: there is no command {name}"
        return
    known = file.read_text("utf-8")
    for option in options:
        if option.startswith("--") and f'"{option}"' not in known:
            yield f"{where}: {name} knows no {option}"


def dockerfile(folder: Path) -> Iterator[str]:
    text = (folder / "Dockerfile").read_text("utf-8")
    bases = re.findall(r"^FROM (\S+)", text, re.M)
    for base in bases:
        if not re.fullmatch(r"[a-z0-9-]+:[\w.-]+", base) or base.endswith(":latest"):
            yield f"Dockerfile: {base} is not a plain name with a version"
    users = re.findall(r"^USER (\S+)", text, re.M)
    if not bases or not users or users[-1] in ("root", "0"):
        yield "Dockerfile: runs as root"
    for source in re.findall(r"^COPY (?!--)(.+) \S+$", text, re.M):
        for one in source.split():
            if not (ROOT / one).exists():
                yield f"Dockerfile: copies {one}, which is not there"
    for command in re.findall(r"^CMD (\[.+\])$", text, re.M):
        yield from _command("Dockerfile", yaml.safe_load(command))


def units(folder: Path) -> Iterator[str]:
    for file in sorted(folder.glob("*.service")):
        values: dict[str, list[str]] = {}
        for line in file.read_text("utf-8").splitlines():
            if line and not line.startswith(("#", "[")):
                key, sign, value = line.partition("=")
                if not sign:
                    yield f"{file.name}: cannot read {line!r}"
                values.setdefault(key, []).append(value)
        for key, wanted in HARDENED.items():
            if values.get(key) != [wanted]:
                yield f"{file.name}: {key} is not {wanted or 'empty'}"
        if values.get("User", ["root"])[0] in ("root", "0"):
            yield f"{file.name}: runs as root"
        for line in values.get("ExecStart", []) or [""]:
            yield from _command(file.name, line.split())
        yield from _verified(file)


def _verified(file: Path) -> Iterator[str]:
    if not shutil.which("systemd-analyze"):
        return
    with tempfile.TemporaryDirectory() as folder:
        # The product lies elsewhere here: the program is another, the unit is the same.
        copy = Path(folder) / file.name
        copy.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", file.read_text("utf-8"), flags=re.M), "utf-8")
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True, check=False
        )
        for line in (done.stdout + done.stderr).splitlines():
            if file.name in line:
                yield f"{file.name}: {line.strip()}"


def nginx(folder: Path) -> Iterator[str]:
    site, passed = (folder / name for name in ("nginx.conf", "quantriet-proxy.conf"))
    for file in (site, passed):
        bare = re.sub(r"#.*", "", file.read_text("utf-8"))
        if bare.count("{") != bare.count("}"):
            yield f"{file.name}: braces do not match"
        for number, line in enumerate(bare.splitlines(), 1):
            if line.strip() and not line.strip().endswith((";", "{", "}")):
                yield f"{file.name}:{number}: no semicolon"
    headers = dict(re.findall(r"proxy_set_header (\S+) (\S+);", passed.read_text("utf-8")))
    for name, value in PASSED_ON.items():
        if headers.get(name) != value:
            yield f"{passed.name}: {name} is not overwritten by {value}"
    text = site.read_text("utf-8")
    if re.search(r"ssl_protocols[^;]*(SSLv|TLSv1[ ;.](?![23]))", text) or "ssl_protocols" not in text:
        yield f"{site.name}: old TLS"
    limit = re.search(r"client_max_body_size (\d+)m", text)
    taken = re.search(
        r'QUANTRIET_UPLOAD_LIMIT", (\d+) \* 1024', (ROOT / "src/quantriet/config/settings.py").read_text("utf-8")
    )
    if not limit or not taken or int(limit[1]) <= int(taken[1]):
        yield f"{site.name}: smaller uploads than the product takes"
    for needed in ("limit_req zone=quantriet_signin", "limit_conn ", "listen 443 ssl"):
        if needed not in text:
            yield f"{site.name}: without {needed.strip()}"
    yield from _tried(site, passed)


def _tried(site: Path, passed: Path) -> Iterator[str]:
    if not (shutil.which("nginx") and shutil.which("openssl")):
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=quantriet.example",
             "-keyout", str(folder / "key.pem"), "-out", str(folder / "fullchain.pem")],
            capture_output=True, check=True,
        )  # fmt: skip
        text = site.read_text("utf-8").replace("/etc/quantriet/tls/", f"{folder}/")
        text = text.replace("/etc/nginx/quantriet-proxy.conf", str(passed))
        whole = folder / "whole.conf"
        whole.write_text(f"pid {folder}/pid;\nevents {{}}\nhttp {{\naccess_log off;\n{text}\n}}\n", "utf-8")
        done = subprocess.run(
            ["nginx", "-t", "-p", name, "-e", "stderr", "-c", str(whole)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            yield f"{site.name}: {done.stderr.strip()}"


def hosts(folder: Path) -> Iterator[str]:
    """Every host that is named is a placeholder."""
    for file in sorted(folder.iterdir()):
        for host in re.findall(r"https?://([\w.-]+)|@([\w.-]+):\d+", file.read_text("utf-8")):
            named = host[0] or host[1]
            if not named.endswith(".example") and named not in ("quantriet", "postgres"):
                yield f"{file.name}: names the host {named}"


RULES = (compose, dockerfile, units, nginx, hosts)


def findings(folder: Path = DEPLOY) -> list[str]:
    return [found for rule in RULES for found in rule(folder)]


if __name__ == "__main__":
    wrong = findings()
    print("\n".join(wrong))
    sys.exit(bool(wrong))
