"""The files of deploy/ keep their rules, and the rules find what breaks them."""

import shutil

import pytest

from scripts import deployment


def test_the_files_of_deploy_keep_their_rules():
    assert deployment.findings() == []


BROKEN = [
    ("compose.yaml", '"127.0.0.1:8000:8000"', '"8000:8000"', "open to the world"),
    ("compose.yaml", "read_only: true", "read_only: false", "not read-only"),
    ("compose.yaml", "image: postgres:17", "image: postgres:latest", "plain name"),
    ("compose.yaml", "image: postgres:17", "image: images.somewhere/postgres:17", "plain name"),
    (
        "compose.yaml",
        "POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?set it in deploy/.env}",
        "POSTGRES_PASSWORD: abc",
        "written down",
    ),
    ("compose.yaml", "condition: service_healthy", "condition: service_started", "healthy"),
    ("compose.yaml", '"quantriet", "work"]', '"quantriet", "toil"]', "no command toil"),
    ("compose.yaml", "hostname: quantriet-worker", "working_dir: /opt/quantriet", "fixed hostname"),
    ("compose.yaml", "services:", "services: [", "does not parse"),
    ("Dockerfile", "USER quantriet", "USER root", "runs as root"),
    ("Dockerfile", "COPY src src", "COPY source src", "not there"),
    ("quantriet-web.service", "NoNewPrivileges=true", "NoNewPrivileges=false", "NoNewPrivileges"),
    ("quantriet-web.service", "--web-only", "--web-solely", "knows no --web-solely"),
    ("quantriet-worker.service", "User=quantriet", "User=root", "runs as root"),
    ("quantriet-proxy.conf", "X-Real-IP $remote_addr", "X-Real-IP $http_x_real_ip", "X-Real-IP is not overwritten"),
    (
        "quantriet-proxy.conf",
        "X-Forwarded-For $remote_addr",
        "X-Forwarded-For $proxy_add_x_forwarded_for",
        "not overwritten",
    ),
    ("nginx.conf", "client_max_body_size 51m", "client_max_body_size 5m", "smaller uploads"),
    ("nginx.conf", "ssl_protocols TLSv1.2 TLSv1.3", "ssl_protocols TLSv1 TLSv1.2", "old TLS"),
    ("nginx.conf", "send_timeout 60s;", "send_timeout 60s", "no semicolon"),
    ("quantriet.env.example", "https://quantriet.example", "https://quantriet.gov.vn", "names the host"),
]


@pytest.mark.parametrize("name, kept, broken, finding", BROKEN)
def test_a_broken_rule_is_found(tmp_path, name, kept, broken, finding):
    folder = tmp_path / "deploy"
    shutil.copytree(deployment.DEPLOY, folder)
    text = (folder / name).read_text("utf-8")
    assert kept in text
    (folder / name).write_text(text.replace(kept, broken), "utf-8")
    assert any(finding in found for found in deployment.findings(folder)), deployment.findings(folder)
