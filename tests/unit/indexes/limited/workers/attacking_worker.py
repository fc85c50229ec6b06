"""A limited child that was taken over: it does from native code what hostile bytes would do. Run by the tests beside it.

Whatever it needs is prepared before the limits, as an attacker would find it prepared: functions of the C library, a
socket, lxml, PDFium. An attack is answered with the name of the error, or `done`.
"""

import ctypes
import errno
import json
import os
import socket
from collections.abc import Callable

import pypdfium2
from lxml import etree

from indexes.limited.child import serve

LIBC = ctypes.CDLL(None, use_errno=True)
C = {
    name: getattr(LIBC, name)
    for name in (
        "open openat truncate unlink rename mkdir chmod socket connect fork execve kill prctl ptrace syscall read opendir "
        "setrlimit fcntl pthread_create"
    ).split()
}
HARMLESS = ctypes.cast(LIBC.getppid, ctypes.c_void_p)
OPEN_DOCUMENT = pypdfium2.raw.FPDF_LoadDocument
LAST_PDF_ERROR = pypdfium2.raw.FPDF_GetLastError
SOCKET = socket.socket()
XSLT = etree.XML(
    '<x:stylesheet version="1.0" xmlns:x="http://www.w3.org/1999/XSL/Transform"><x:param name="file"/>'
    '<x:template match="/"><out><x:copy-of select="document($file)"/></out></x:template></x:stylesheet>'
)


def _c(name: str, *arguments: object) -> str:
    ctypes.set_errno(0)
    result = C[name](*arguments)
    return errno.errorcode[ctypes.get_errno()] if result in {-1, None, 0xFFFFFFFF} else "done"


def _listed(folder: bytes) -> str:
    ctypes.set_errno(0)
    return "done" if C["opendir"](folder) else errno.errorcode[ctypes.get_errno()]


def _thread() -> str:
    number = C["pthread_create"](ctypes.byref(ctypes.c_void_p()), None, HARMLESS, None)
    return errno.errorcode[number] if number else "done"


def _lxml(action: Callable[[], object]) -> str:
    """Tell an attack through lxml that read or wrote something from one that did not."""
    try:
        made = action()
    except (OSError, etree.LxmlError):
        return "refused"
    return "done" if made is None or b"secret" in etree.tostring(made) else "refused"


def _xmlfile(path: str) -> None:
    with etree.xmlfile(path) as file:
        file.write(etree.Element("gone"))


def _entity(path: str) -> object:
    text = f'<!DOCTYPE a [<!ENTITY e SYSTEM "file://{path}">]><a>&e;</a>'
    return etree.fromstring(text, etree.XMLParser(resolve_entities=True, load_dtd=True))


def _xinclude(path: str) -> object:
    tree = etree.ElementTree(
        etree.XML(f'<a xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="{path}" parse="text"/></a>')
    )
    tree.xinclude()
    return tree


def _pdfium(path: bytes) -> str:
    return "done" if OPEN_DOCUMENT(path, None) or LAST_PDF_ERROR() != pypdfium2.raw.FPDF_ERR_FILE else "refused"


def attacks(secret: str, folder: str, port: int) -> dict[str, Callable[[], str]]:
    """Return what may be tried; each is undone by nobody, so each has a file of its own where it matters."""
    path, new = f"{folder}/victim.xml".encode(), f"{folder}/new".encode()
    address = b"\x02\0" + port.to_bytes(2, "big") + bytes([127, 0, 0, 1]) + bytes(8)
    number = ctypes.c_long
    return {
        "open to write": lambda: _c("open", path, os.O_WRONLY),
        "open to truncate": lambda: _c("open", path, os.O_RDONLY | os.O_TRUNC),
        "create": lambda: _c("open", new, os.O_WRONLY | os.O_CREAT, 0o600),
        "create without a name": lambda: _c("open", folder.encode(), os.O_TMPFILE | os.O_WRONLY, 0o600),
        "open by another call": lambda: _c(
            "syscall", number(437), number(-100), path, bytes([2] + [0] * 23), number(24)
        ),
        "read a file": lambda: _c("open", secret.encode(), os.O_RDONLY),
        "read the passwords": lambda: _c("open", b"/etc/passwd", os.O_RDONLY),
        "list a folder": lambda: _listed(folder.encode()),
        "write by lxml": lambda: _lxml(lambda: etree.ElementTree(etree.Element("gone")).write(path.decode())),
        "write a stream by lxml": lambda: _lxml(lambda: _xmlfile(path.decode())),
        "read by lxml": lambda: _lxml(lambda: etree.parse(secret)),
        "read by a style sheet": lambda: _lxml(lambda: etree.XSLT(XSLT)(etree.XML("<a/>"), file=f"'file://{secret}'")),
        "read by inclusion": lambda: _lxml(lambda: _xinclude(secret)),
        "read by an entity": lambda: _lxml(lambda: _entity(secret)),
        "read by PDFium": lambda: _pdfium(secret.encode()),
        "a socket": lambda: _c("socket", 2, 1, 0),
        "a thread": _thread,
        "leave a core file": lambda: "done" if C["prctl"](3, *[number(0)] * 4) == 1 else "refused",
        "wish for a core file": lambda: _c("prctl", 4, number(1), number(0), number(0), number(0)),
        "more memory": lambda: _c("setrlimit", 9, (ctypes.c_ulong * 2)(1 << 40, 1 << 40)),
        "signals by a file": lambda: _c("fcntl", SOCKET.fileno(), 8, os.getppid()),
        "memory with a name": lambda: _c("syscall", number(319), b"x", number(0)),
        "truncate": lambda: _c("truncate", path, number(0)),
        "remove": lambda: _c("unlink", path),
        "rename": lambda: _c("rename", path, new),
        "make a folder": lambda: _c("mkdir", new, 0o700),
        "change rights": lambda: _c("chmod", path, 0o777),
        "connect": lambda: _c("connect", SOCKET.fileno(), address, 16),
        "fork": lambda: _c("fork"),
        "run a program": lambda: _c("execve", b"/bin/true", None, None),
        "end the parent": lambda: _c("kill", os.getppid(), 10),
        "trace the parent": lambda: _c("ptrace", 16, os.getppid(), None, None),
    }


def answer(wanted: bytes, content: bytes) -> tuple[bytes, bytes]:
    """Try what is wanted, one attack after another."""
    tried = attacks(**json.loads(content))
    return json.dumps({name: tried[name]() for name in json.loads(wanted)}).encode(), b""


if __name__ == "__main__":
    serve(answer)
