"""Runs a command on a terminal of its own, as a person would, and prints what is on it in the end,
with what has scrolled out. Usage:

    terminal.py [OPTION...] COMMAND...
      --size=ROWSxCOLUMNS    24x80
      --no-style             no colours may come
      --no-control           no control sequences at all
      --cut                  the terminal cuts lines off when it gets narrower (else: breaks them)
      --when=REGEXP=ACTION   once the screen looks so (in the given order):
            show                  print the screen
            resize:ROWSxCOLUMNS
            keys:TEXT             type; ^C, ^S and ^Q are control keys
            wait:SECONDS          without looking at what comes

The exit status is the command's, or 99 with a message: for a control sequence that a simple terminal
does not know, for a terminal that is not left as it was, and for what does not come within 30 s."""
import codecs
import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time
import unicodedata


def die(text):
    print("terminal.py: " + text, file=sys.stderr)
    sys.exit(99)


def width(c):
    if unicodedata.combining(c) or unicodedata.category(c) in ("Mn", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(c) in "WF" else 1


class Line:
    def __init__(self):
        self.cells = []  # of one column each; the second of a wide character is ""
        self.goes_on = False  # in the next line, which is there only because this one is full

    def text(self):
        return "".join(self.cells).rstrip()


class Terminal:
    def __init__(self, rows, columns, reflows, refused):
        self.rows, self.columns, self.reflows = rows, columns, reflows
        self.refused = refused
        self.lines = [Line()]  # all that ever was
        self.top = self.y = self.x = 0  # y counts from the first line of all
        self.wraps, self.synced, self.frames = True, False, 0
        self.rest = ""

    def screen(self):
        return "\n".join(l.text() for l in self.lines[self.top:])

    def everything(self):
        return "".join(l.text() + "\n" * (not l.goes_on) for l in self.lines).rstrip("\n")

    def resize(self, rows, columns):
        if columns != self.columns and self.reflows:
            self.reflow(columns)
        elif columns < self.columns:
            for line in self.lines[self.top:]:
                del line.cells[columns:]
        self.rows, self.columns = rows, columns
        self.x = min(self.x, columns - 1)
        self.top = max(0, self.y + 1 - rows)

    def reflow(self, columns):
        old, self.lines, at = self.lines, [], (self.y, self.x)
        cells, cursor = [], None
        for y, line in enumerate(old):
            if y == at[0]:
                cursor = len(cells) + at[1]
            cells += line.cells
            if line.goes_on:
                continue
            first = len(self.lines)
            for i in range(0, max(len(cells), 1), columns):
                self.lines.append(Line())
                self.lines[-1].cells = cells[i:i + columns]
                self.lines[-1].goes_on = i + columns < len(cells)
            if cursor is not None:
                self.y = min(first + cursor // columns, len(self.lines) - 1)
                self.x = cursor % columns
            cells, cursor = [], None

    def newline(self):
        self.y += 1
        if self.y == len(self.lines):
            self.lines.append(Line())
        self.top = max(self.top, self.y + 1 - self.rows)

    def put(self, c):
        w = width(c)
        cells = self.lines[self.y].cells
        if w == 0:
            if self.x and cells[self.x - 1]:
                cells[self.x - 1] += c
            return
        if self.x + w > self.columns:
            if self.wraps:
                self.lines[self.y].goes_on = True
                self.newline()
                self.x = 0
                cells = self.lines[self.y].cells
            else:
                self.x = self.columns - w
        cells += [" "] * (self.x - len(cells))
        cells[self.x:self.x + w] = [c] + [""] * (w - 1)
        self.x += w

    def control(self, parameters, final):
        if final in self.refused:
            die("control sequence ESC[%s%s" % (parameters, final))
        if final == "A":
            self.y = max(self.top, self.y - int(parameters or 1))
        elif final == "K" and not parameters:
            del self.lines[self.y].cells[self.x:]
            self.lines[self.y].goes_on = False
        elif final == "J" and not parameters:
            self.control("", "K")
            del self.lines[self.y + 1:]
        elif final == "m":
            pass
        elif parameters == "?7" and final in "hl":
            self.wraps = final == "h"
        elif parameters == "?2026" and final in "hl":
            self.synced = final == "h"
            self.frames += final == "l"
        else:
            die("control sequence ESC[%s%s" % (parameters, final))

    def feed(self, text):
        text = self.rest + text
        self.rest = ""
        i = 0
        while i < len(text):
            c = text[i]
            if c == "\x1b":
                m = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])").match(text, i)
                if not m:
                    if len(text) - i < 12:
                        self.rest = text[i:]
                        return
                    die("escape sequence %r" % text[i:i + 12])
                self.control(*m.groups())
                i = m.end()
                continue
            if c == "\n":
                self.newline()
            elif c == "\r":
                self.x = 0
            elif c == "\t":
                self.x = min(self.columns - 1, self.x // 8 * 8 + 8)
            elif ord(c) < 32 or 127 <= ord(c) < 160:
                die("control character %r" % c)
            else:
                self.put(c)
            i += 1


def size(text):
    rows, columns = text.split("x")
    return int(rows), int(columns)


class Session:
    def __init__(self, arguments):
        self.when, self.refused, rows, columns, reflows = [], "", 24, 80, True
        while arguments and arguments[0].startswith("--"):
            name, _, value = arguments.pop(0).partition("=")
            if name == "--size":
                rows, columns = size(value)
            elif name == "--cut":
                reflows = False
            elif name == "--no-style":
                self.refused = "m"
            elif name == "--no-control":
                self.refused = "AJKhlm"
            elif name == "--when":
                self.when.append(value.rsplit("=", 1))
            else:
                die("option " + name)
        self.terminal = Terminal(rows, columns, reflows, self.refused)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            self.set_size(0, rows, columns)
            os.execvp(arguments[0], arguments)
        self.set_size(self.fd, rows, columns)

    def set_size(self, fd, rows, columns):
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def act(self, action):
        name, _, value = action.partition(":")
        if name == "show":
            print(self.terminal.screen())
            print("-----")
        elif name == "resize":
            self.terminal.resize(*size(value))
            self.set_size(self.fd, *size(value))
        elif name == "keys":
            os.write(self.fd, re.sub(r"\^(.)", lambda m: chr(ord(m[1]) & 31), value).encode())
        elif name == "wait":
            time.sleep(float(value))
        else:
            die("action " + action)

    def run(self):
        """Until the command has ended; gives its exit status."""
        decoder, end = codecs.getincrementaldecoder("utf-8")(), time.monotonic() + 30
        while True:
            while self.when and not self.terminal.synced and \
                    re.search(self.when[0][0], self.terminal.screen()):
                self.act(self.when.pop(0)[1])
            if not select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
                print(self.terminal.screen())
                die("nothing came that looks like " + (self.when[0][0] if self.when else "an end"))
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                data = b""
            if not data:
                break
            self.terminal.feed(decoder.decode(data))
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        if self.when:
            die("it never looked like " + self.when[0][0])
        if not self.terminal.wraps or self.terminal.rest:
            die("the terminal is not left as it was")
        print(self.terminal.everything())
        return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(Session(sys.argv[1:]).run())
