# SPDX-License-Identifier: Apache-2.0
"""Uses the data viewer of a server in a headless Chromium, through WebDriver.

viewer.py HOST:PORT [FOLDER-FOR-SCREENSHOTS]. Ends with a failure at the first surprise.
"""
import base64
import http.server
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

server = sys.argv[1]
pictures = sys.argv[2] if len(sys.argv) > 2 else None
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


def request(url, body=None, method=None, headers=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(
            url, data=data, method=method, headers=headers or {}), timeout=60) as response:
        return response.read()


def api(method, body):
    return json.loads(request(f"http://{server}/v1/projects/shop:{method}", body))


def key(*path, namespace=""):
    elements = [dict(kind=path[i], **({"id": str(path[i + 1])} if isinstance(path[i + 1], int)
                                      else {"name": path[i + 1]})) for i in range(0, len(path), 2)]
    return {"path": elements, "partitionId": {"namespaceId": namespace}}


def upsert(entity_key, properties):
    return {"upsert": {"key": entity_key, "properties": properties}}


def fill():
    mutations = []
    for n in range(1, 121):
        mutations.append(upsert(key("Order", n), {
            "customer": {"stringValue": ["Ann Example", "Bob Sample", "Chi Müller"][n % 3]},
            "total": {"doubleValue": n * 9.5}, "items": {"integerValue": str(n % 7 + 1)},
            "paid": {"booleanValue": n % 4 == 0},
            "placed": {"timestampValue": f"2026-11-{n % 28 + 1:02}T10:00:00Z"},
            "note": {"nullValue": None},
            "tags": {"arrayValue": {"values": [{"stringValue": "new"}, {"integerValue": "7"}]}}}))
    mutations.append(upsert(key("Product", "hostile"), {
        HOSTILE: {"stringValue": HOSTILE}, "lines": {"stringValue": "one\ntwo\n"},
        "where": {"geoPointValue": {"latitude": 52.5, "longitude": 13.4}},
        "raw": {"blobValue": "AAEC"}}))
    mutations.append(upsert(key("Customer", "Ann"), {"age": {"integerValue": "41"}}))
    mutations.append(upsert(key("Order", 1, namespace="archive"), {"old": {"booleanValue": True}}))
    api("commit", {"mode": "NON_TRANSACTIONAL", "mutations": mutations})


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Browser:
    def __init__(self):
        self.port = free_port()
        self.driver = subprocess.Popen(
            ["chromedriver", f"--port={self.port}"], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        for _ in range(100):
            try:
                request(f"http://127.0.0.1:{self.port}/status")
                break
            except OSError:
                time.sleep(0.1)
        options = {"args": ["--headless=new", "--no-sandbox", "--disable-gpu",
                            "--disable-dev-shm-usage", "--hide-scrollbars"]}
        capabilities = {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}
        self.base = f"http://127.0.0.1:{self.port}/session"
        reply = self.command("POST", "", {"capabilities": capabilities})
        self.base += "/" + reply["sessionId"]

    def command(self, method, path, body=None):
        try:
            return json.loads(request(self.base + path, body, method))["value"]
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{path}: {error.read().decode()[:500]}")

    def open(self, url):
        self.command("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        return self.command(
            "POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def find(self, selector, using="css selector"):
        found = self.command("POST", "/elements", {"using": using, "value": selector})
        check(found, f"there is no {selector} on {self.run('return location.href')}")
        return found[0][ELEMENT]

    def click(self, selector, using="css selector"):
        self.command("POST", f"/element/{self.find(selector, using)}/click", {})

    def type(self, selector, text, clear=True):
        element = self.find(selector)
        if clear:
            self.command("POST", f"/element/{element}/clear", {})
        self.command("POST", f"/element/{element}/value", {"text": text})

    def keys(self, *keys):
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.command("POST", "/actions", {
            "actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def text(self):
        return self.run("return document.body.innerText")

    def expect(self, text, what):
        """Waits until the page has a text: a click returns before the next page is there."""
        for _ in range(50):
            if text in self.text():
                return
            time.sleep(0.1)
        check(False, f"{what}: {text!r} is not in {self.text()[:500]!r}")

    def close(self):
        try:
            self.command("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()


def check(condition, what):
    if not condition:
        raise SystemExit(f"viewer: {what}")


def picture(browser, name):
    """Looks at a page in two widths: nothing may be wider than the window."""
    for width in (1280, 390):
        browser.command("POST", "/goog/cdp/execute", {
            "cmd": "Emulation.setDeviceMetricsOverride",
            "params": {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}})
        wide = browser.run("return document.documentElement.scrollWidth")
        check(wide <= width, f"the page {name} is {wide} wide in a window of {width}")
        if pictures:
            image = browser.command("GET", "/screenshot")
            with open(os.path.join(pictures, f"{name}-{width}.png"), "wb") as file:
                file.write(base64.b64decode(image))
    browser.command("POST", "/goog/cdp/execute", {
        "cmd": "Emulation.clearDeviceMetricsOverride", "params": {}})


def stored(entity_key):
    found = api("lookup", {"keys": [entity_key]}).get("found")
    return found[0]["entity"]["properties"] if found else None


def attack(browser, token):
    """A page of another site sends forms and requests of its own."""
    page = f"""<form id=f method=post action="http://{server}/data/delete">
      <input name=project value=shop><input name=key value=Customer/Ann>
      <input name=confirmed value=1><input name=token value="{token}"></form>
      <script>fetch("http://{server}/reset", {{method: "POST", mode: "no-cors"}})
      .finally(() => document.getElementById("f").submit())</script>"""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_):
            pass

    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    browser.open(f"http://localhost:{site.server_port}/")
    for _ in range(50):
        if server in browser.run("return location.href"):
            break
        time.sleep(0.1)
    browser.expect("may not use this server", "another site's form was not refused")
    check(stored(key("Customer", "Ann")), "another site's form deleted an entity")
    site.shutdown()


def main():
    empty = f"http://{server}/"
    browser = Browser()
    try:
        browser.open(empty)
        browser.expect("no data yet", "the empty server shows no hint")
        picture(browser, "empty")
        fill()
        browser.open(empty)
        check("Order" in browser.text() and "120" in browser.text(), "kinds are not counted")
        picture(browser, "kinds")
        browser.click("Order", "link text")
        browser.expect("1 to 50 of 120", "the first page has another range")
        picture(browser, "entities")
        browser.click("Next page", "link text")
        browser.expect("51 to 100", "the next page has another range")

        browser.type("#gql", "SELECT * FROM `Order` WHERE items = 7 ORDER BY total DESC LIMIT 3")
        # Control and Enter: a key that stays down until it is released.
        browser.command("POST", "/actions", {"actions": [{
            "type": "key", "id": "keyboard", "actions": [
                {"type": "keyDown", "value": "\ue009"}, {"type": "keyDown", "value": "\ue007"},
                {"type": "keyUp", "value": "\ue007"}, {"type": "keyUp", "value": "\ue009"}]}]})
        browser.expect("1 to 3", "Control and Enter did not run the query")
        browser.type("#gql", "SELECT * FROM `Order` WHER")
        browser.click(".query button")
        browser.expect("Line 1", "a wrong query has no message")
        picture(browser, "problem")

        browser.open(f"http://{server}/data/entities?project=shop&kind=Product")
        check(browser.run("return document.title").startswith("Product"), "a stored script ran")
        browser.click("Product/hostile", "link text")
        browser.expect("Save", "no form")
        check(browser.run("return document.title").startswith("Product"), "a stored script ran")
        picture(browser, "entity")
        before = stored(key("Product", "hostile"))
        browser.click("button.primary")
        browser.expect("is saved", "the entity was not saved")
        check(stored(key("Product", "hostile")) == before, "saving an entity changed it")

        browser.open(f"http://{server}/data/entity?project=shop&key=Customer/Ann")
        browser.type("textarea[name=v0]", "42")
        browser.click("button[value=add]")
        browser.expect("New property", "no row for a new property")
        browser.type("input[name=n1]", "city")
        browser.type("textarea[name=v1]", "Köln")
        browser.click("button.primary")
        browser.expect("is saved", "the entity was not saved")
        check(stored(key("Customer", "Ann"))["age"]["integerValue"] == "42", "no edit")
        check(stored(key("Customer", "Ann"))["city"]["stringValue"] == "Köln", "no new property")
        browser.type("textarea[name=v0]", "forty")
        browser.click("button.primary")
        browser.expect("only digits", "a wrong value has no message")
        picture(browser, "invalid")

        browser.open(f"http://{server}/data/new?project=shop&kind=Customer")
        picture(browser, "new")
        token = browser.run("return document.querySelector('input[name=token]').value")
        browser.open(f"http://{server}/data/import?project=shop")
        picture(browser, "import")

        # By keyboard alone: the first stop is the way to the content, the second the start.
        browser.open(empty)
        browser.keys("\ue004")
        check(browser.run("return document.activeElement.className") == "skip", "no skip link")
        browser.keys("\ue004")
        check(browser.run("return document.activeElement.className") == "home", "no way home")

        browser.open(f"http://{server}/data/entities?project=shop&kind=Order")
        browser.click("[data-selects-all]")
        browser.click("button.danger")
        browser.expect("Delete 50 entities?", "no question before a deletion")
        picture(browser, "delete")
        browser.click("button.danger")
        browser.expect("Deleted: 50 entities", "nothing was deleted")
        browser.expect("1 to 50 of 70", "another number is left")
        attack(browser, token)
    finally:
        browser.close()
    print("viewer: 14 pages, edits, a deletion and an attack: as expected")


main()
