"""Fakes at the edge of the house: servers on the loopback that behave as gateways and push services do."""

from __future__ import annotations

import json
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from quantriet.notify.actions.gateways import GatewayError, Receipt

UNKNOWN = "84900000000"  # the number of nobody
BUSY = "84911111111"  # of somebody whose gateway is busy


class MemoryGateway:
    """A gateway that keeps what it took."""

    def __init__(self):
        self.taken = []

    def send(self, address, text, reference):
        if address == UNKNOWN:
            raise GatewayError("400: unknown number", is_permanent=True)
        if address == BUSY:
            raise GatewayError("503: busy", is_permanent=False)
        self.taken.append((address, text, reference))
        return Receipt(f"m-{len(self.taken)}")


class Server:
    """A server on the loopback; `answer(path, headers, body) -> (status, body)` decides."""

    def __init__(self, answer):
        self.asked = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.asked.append((self.path, headers, body))
                status, told = answer(self.path, headers, body)
                self.send_response(status)
                self.end_headers()
                self.wfile.write(told.encode())

            def log_message(self, *_args):
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class SmsServer(Server):
    """A gateway for text messages as they are: refuses without its key, tells what it took."""

    def __init__(self, *, form=False):
        self.taken = []

        def answer(_path, headers, body):
            if headers.get("authorization") != "Key so-bi-mat":
                return 401, '{"CodeResult": "101"}'
            given = dict(urllib.parse.parse_qsl(body.decode())) if form else json.loads(body)
            if given["Phone"] == UNKNOWN:
                return 200, '{"CodeResult": "99", "ErrorMessage": "Phone not valid"}'
            if given["Phone"] == BUSY:
                return 503, "busy"
            self.taken.append((given["Phone"], given["Content"], given["RequestId"]))
            return 200, json.dumps({"CodeResult": "100", "SMSID": f"s-{len(self.taken)}"})

        super().__init__(answer)


class ZaloServer(Server):
    """The official account's door as its own kit describes it: status 200 always, `error` tells."""

    def __init__(self):
        self.taken = []

        def answer(path, headers, body):
            if path != "/v3.0/oa/message/cs" or headers.get("access_token") != "so-bi-mat":
                return 200, '{"error": -216, "message": "Access token is invalid"}'
            given = json.loads(body)
            assert set(given) == {"recipient", "message"}
            address, text = given["recipient"]["user_id"], given["message"]["text"]
            if address == UNKNOWN:
                return 200, '{"error": -213, "message": "User has not followed"}'
            if address == BUSY:
                return 502, "bad gateway"
            self.taken.append((address, text, ""))
            return 200, json.dumps({"error": 0, "message": "Success", "data": {"message_id": f"z-{len(self.taken)}"}})

        super().__init__(answer)
