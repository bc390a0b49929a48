"""A web page on a free port that shows what the api serves."""

import html
import json
import sys
import traceback
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = """<!doctype html><title>Brummer demo</title>
<h1>Brummer demo</h1><ul>{items}</ul>
<p><a href="/">again</a> · <a href="/broken">a request that fails</a></p>
"""


def products():
    with open("data/api.url", encoding="utf-8") as file:
        url = file.read()
    with urllib.request.urlopen(f"{url}/products", timeout=5) as answer:
        return json.load(answer)


class Web(BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            if self.path == "/":
                items = "".join(f"<li>{html.escape(p['name'])}: {p['price']} €</li>" for p in products())
                self.answer(200, PAGE.format(items=items))
            elif self.path == "/broken":
                self.answer(200, products()[0]["colour"])
            else:
                self.answer(404, "not found")
        except (BrokenPipeError, ConnectionResetError):
            raise
        except Exception:
            traceback.print_exc()
            sys.stderr.flush()
            self.answer(500, "something went wrong; see `brummerctl errors`")

    def answer(self, status, text):
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, form, *arguments):
        print(f"[web] {form % arguments}", flush=True)


server = ThreadingHTTPServer(("127.0.0.1", 0), Web)
print("\x1b[32m[web] ready\x1b[0m", flush=True)
print(f"  Local: http://localhost:{server.server_port}/", flush=True)
try:
    server.serve_forever()
except KeyboardInterrupt:
    print("[web] asked to stop; bye", flush=True)
