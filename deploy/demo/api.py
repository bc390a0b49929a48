"""A JSON service on a free port; it cannot start before the seed has run."""

import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

with open("data/products.json", encoding="utf-8") as file:
    PRODUCTS = json.load(file)


class Api(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/products":
            self.answer(200, PRODUCTS)
        elif self.path.startswith("/products/"):
            # A number that is none, or one too high, is a real mistake of this program.
            wanted = int(self.path.rsplit("/", 1)[1])
            self.answer(200, PRODUCTS[wanted - 1])
        else:
            self.answer(404, {"error": "not found"})

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, form, *arguments):
        print(f"INFO api: {form % arguments}", flush=True)


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
url = f"http://localhost:{server.server_port}"
with open("data/api.url.new", "w", encoding="utf-8") as file:
    file.write(url)
os.replace("data/api.url.new", "data/api.url")
print(f"INFO api: {len(PRODUCTS)} products, listening on {url}/products", flush=True)
server.serve_forever()
