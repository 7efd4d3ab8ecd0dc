#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens reports in a headless Chromium and says what a reader would meet.

    browser.py [--pictures FOLDER] [--expect TEXT] REPORT.html...

Prints one JSON document: for every report and view the faults that were found. Ends with 0 when there are none, with 1
when there are some, and with 2 when the browser could not be had. Needs nothing but Python and Chromium.
"""

import argparse
import base64
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time

# Seconds that one answer of the browser may take, on a slow machine with other work.
PATIENCE = 60

VIEWS = [
    # name, width, height, device pixel ratio, mobile, scheme, media
    ("phone-light", 360, 800, 2, True, "light", "screen"),
    ("phone-dark", 360, 800, 2, True, "dark", "screen"),
    ("desktop-light", 1280, 900, 1, False, "light", "screen"),
    ("desktop-dark", 1280, 900, 1, False, "dark", "screen"),
    ("print", 718, 1000, 1, False, "light", "print"),
]

# What is asked of the page itself: the browser's own evaluation, which a page without scripts allows.
PAGE = r"""
(() => {
  const faults = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) faults.push(`wider than the window: ${root.scrollWidth} > ${root.clientWidth}`);
  if (document.querySelector('script, iframe, object, embed, link, img, form, input')) faults.push('a foreign element');
  if (document.querySelectorAll('h1').length !== 1) faults.push('not one h1');
  let level = 0;
  for (const heading of document.querySelectorAll('h1,h2,h3,h4,h5,h6')) {
    const own = Number(heading.tagName[1]);
    if (own > level + 1) faults.push(`heading ${heading.tagName} after h${level}: ${heading.textContent}`);
    level = own;
  }
  if (!root.lang || !document.title) faults.push('no language or title');
  for (const element of document.querySelectorAll('*'))
    for (const {name} of element.attributes) if (name.startsWith('on')) faults.push(`attribute ${name}`);
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  if (new Set(ids).size !== ids.length) faults.push('an id twice');
  for (const link of document.querySelectorAll('a[href^="#"]'))
    if (!document.getElementById(link.getAttribute('href').slice(1))) faults.push(`a link to nowhere: ${link.hash}`);
  for (const svg of document.querySelectorAll('svg'))
    if (getComputedStyle(svg).display !== 'none')
      for (const text of svg.querySelectorAll('text')) {
        const own = text.getBoundingClientRect(), frame = svg.getBoundingClientRect();
        if (own.left < frame.left - 1 || own.right > frame.right + 1 || own.bottom > frame.bottom + 1 ||
            own.top < frame.top - 1) faults.push(`text out of its picture: ${text.textContent}`);
        if (own.height > 0 && own.height < 10) faults.push(`text too small to read: ${text.textContent}`);
      }
  // Contrast of every text with what lies behind it (WCAG 2.2, 1.4.3). Text in a picture is compared with the last shape
  // drawn below its middle.
  const channel = c => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
  const luminance = c => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
  const rgb = text => { const n = (text.match(/[\d.]+/g) || []).map(Number); return n.length === 3 ? [...n, 1] : n; };
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const c = rgb(getComputedStyle(e).backgroundColor);
      if (c.length === 4 && c[3] > 0.99) return c;
    }
    return [255, 255, 255, 1];
  };
  const behindDrawn = text => {
    const box = text.getBoundingClientRect(), x = box.left + box.width / 2, y = box.top + box.height / 2;
    let found = null;
    for (const shape of text.ownerSVGElement.querySelectorAll('rect, circle')) {
      if (!(shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING)) break;
      const b = shape.getBoundingClientRect(), fill = rgb(getComputedStyle(shape).fill);
      if (x > b.left && x < b.right && y > b.top && y < b.bottom && fill.length === 4) found = fill;
    }
    return found || behind(text.ownerSVGElement);
  };
  let lowest = 99;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, element = node.parentElement;
    if (!node.textContent.trim() || !element.getClientRects().length) continue;
    if (element.closest('title, desc')) continue;
    const drawn = element.ownerSVGElement;
    const ink = rgb(drawn ? getComputedStyle(element).fill : getComputedStyle(element).color);
    const ground = drawn ? behindDrawn(element) : behind(element);
    const [low, high] = [luminance(ink), luminance(ground)].sort((a, b) => a - b);
    const contrast = (high + 0.05) / (low + 0.05);
    lowest = Math.min(lowest, contrast);
    if (contrast < 4.5) faults.push(`contrast ${contrast.toFixed(2)}: ${node.textContent.trim().slice(0, 60)}`);
  }
  return {faults, lowest, height: root.scrollHeight, text: document.body.innerText,
          hidden: [...document.querySelectorAll('details .inside')].filter(e => !e.checkVisibility({contentVisibilityAuto: true, checkVisibilityCSS: true}) || e.getBoundingClientRect().height === 0).length};
})()
"""


class Browser:
    """A Chromium that is spoken to on two pipes, in JSON ended by NUL."""

    def __init__(self, program):
        self.folder = tempfile.mkdtemp(prefix="report-browser-")
        to_browser, self.output = os.pipe()
        self.input, from_browser = os.pipe()
        for descriptor in (to_browser, from_browser):
            os.set_inheritable(descriptor, True)

        def descriptors():
            # The browser reads at 3 and writes at 4; neither number may be overwritten before it is copied.
            reading, writing = os.dup(to_browser), os.dup(from_browser)
            high_reading, high_writing = os.dup2(reading, 100), os.dup2(writing, 101)
            os.dup2(high_reading, 3)
            os.dup2(high_writing, 4)

        arguments = [
            program, "--headless", "--remote-debugging-pipe", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
            "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
            "--user-data-dir=" + self.folder,
        ]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")
        self.process = subprocess.Popen(
            arguments + ["about:blank"], preexec_fn=descriptors, close_fds=False, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.number = 0
        self.pending = b""
        self.events = []

    def receive(self, deadline):
        while b"\0" not in self.pending:
            ready, _, _ = select.select([self.input], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                raise RuntimeError("the browser did not answer")
            chunk = os.read(self.input, 1 << 20)
            if not chunk:
                raise RuntimeError("the browser has ended")
            self.pending += chunk
        message, self.pending = self.pending.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, session=None, **parameters):
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if session:
            request["sessionId"] = session
        data = json.dumps(request).encode() + b"\0"
        while data:
            data = data[os.write(self.output, data):]
        deadline = time.monotonic() + PATIENCE
        while True:
            message = self.receive(deadline)
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]
            self.events.append(message)

    def wait(self, session, method):
        deadline = time.monotonic() + PATIENCE
        while not any(e.get("method") == method and e.get("sessionId") == session for e in self.events):
            self.events.append(self.receive(deadline))

    def close(self):
        try:
            self.call("Browser.close")
        except (RuntimeError, OSError):
            pass
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def nameless_pictures(browser, session, media):
    """The accessibility tree's pictures without a name, its regions without one, and how many pictures there are."""
    nodes = browser.call("Accessibility.getFullAXTree", session)["nodes"]
    pictures = [n for n in nodes if n.get("role", {}).get("value") in ("img", "image", "graphics-document")
                and not n.get("ignored")]
    faults = ["a picture without a name in the accessibility tree" for n in pictures
              if not n.get("name", {}).get("value")]
    # Paper has no use for the links to its parts.
    for role in ("main", "banner", "contentinfo") + (() if media == "print" else ("navigation",)):
        if not any(n.get("role", {}).get("value") == role for n in nodes):
            faults.append(f"no {role} in the accessibility tree")
    return faults, len(pictures)


def look(browser, path, view, pictures, expected):
    name, width, height, ratio, mobile, scheme, media = view
    context = browser.call("Target.createTarget", url="about:blank")["targetId"]
    session = browser.call("Target.attachToTarget", targetId=context, flatten=True)["sessionId"]
    for domain in ("Page", "Runtime", "Network", "Log", "Accessibility"):
        browser.call(domain + ".enable", session)
    browser.call("Emulation.setDeviceMetricsOverride", session, width=width, height=height, deviceScaleFactor=ratio,
                 mobile=mobile)
    browser.call("Emulation.setEmulatedMedia", session, media=media,
                 features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.events.clear()
    address = "file://" + os.path.abspath(path)
    browser.call("Page.navigate", session, url=address)
    browser.wait(session, "Page.loadEventFired")
    result = browser.call("Runtime.evaluate", session, expression=PAGE, returnByValue=True)
    if "exceptionDetails" in result:
        raise RuntimeError(str(result["exceptionDetails"]))
    page = result["result"]["value"]
    faults = page["faults"]
    if media == "print" and page["hidden"]:
        faults.append(f"{page['hidden']} folded parts are not printed")
    for text in expected:
        if text not in page["text"]:
            faults.append(f"the text is not shown: {text}")
    more, count = nameless_pictures(browser, session, media)
    faults += more
    for event in browser.events:
        if event.get("sessionId") != session:
            continue
        parameters = event.get("params", {})
        if event["method"] == "Network.requestWillBeSent" and parameters["request"]["url"] != address:
            faults.append("a request: " + parameters["request"]["url"])
        if event["method"] == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            faults.append("console: " + parameters["entry"]["text"])
        if event["method"] in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Page.javascriptDialogOpening"):
            faults.append("a script ran")
    if pictures:
        stem = os.path.join(pictures, os.path.splitext(os.path.basename(path))[0] + "." + name)
        clip = {"x": 0, "y": 0, "width": width, "height": min(page["height"], 16000), "scale": 1}
        shot = browser.call("Page.captureScreenshot", session, format="png", captureBeyondViewport=True, clip=clip)
        with open(stem + ".png", "wb") as file:
            file.write(base64.b64decode(shot["data"]))
    if media == "print":
        # On paper for good: the browser lays out pages, and the file says how many.
        pdf = base64.b64decode(browser.call("Page.printToPDF", session, printBackground=False, paperWidth=8.27,
                                            paperHeight=11.69, preferCSSPageSize=True)["data"])
        if not pdf.startswith(b"%PDF"):
            faults.append("cannot be printed")
        if pictures:
            with open(stem + ".pdf", "wb") as file:
                file.write(pdf)
    browser.call("Target.closeTarget", targetId=context)
    return {"report": os.path.basename(path), "view": name, "faults": faults, "pictures": count,
            "lowestContrast": round(page["lowest"], 2), "height": page["height"]}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pictures", help="a folder for screenshots")
    parser.add_argument("--expect", action="append", default=[], help="a text that must be shown")
    parser.add_argument("--browser", default=shutil.which("chromium") or shutil.which("chromium-browser"))
    parser.add_argument("reports", nargs="+")
    arguments = parser.parse_args()
    if not arguments.browser:
        print("no chromium", file=sys.stderr)
        return 2
    if arguments.pictures:
        os.makedirs(arguments.pictures, exist_ok=True)
    browser = Browser(arguments.browser)
    try:
        answers = [look(browser, path, view, arguments.pictures, arguments.expect)
                   for path in arguments.reports for view in VIEWS]
    except (RuntimeError, OSError) as error:
        print(f"the browser failed: {error}", file=sys.stderr)
        return 2
    finally:
        browser.close()
    json.dump(answers, sys.stdout, indent=1)
    print()
    return 1 if any(answer["faults"] for answer in answers) else 0


if __name__ == "__main__":
    sys.exit(main())
