"""The client of the rows `ingest`: batches of events over HTTP, several connections that stay open, one at work in each.

Run as a program, it prints JSON: batches answered a second, and how many of them were not accepted.
"""

import json
import random
import selectors
import socket
import sys
import time

BATCH = 100
CUSTOMERS = 20_000
TYPES = ("product.viewed", "product.wished", "page.viewed", "search.made")


def body(number: int) -> bytes:
    """A batch of events as a shop would send them; batch `number` is the same on every machine."""
    chance = random.Random(number)
    rows = []
    for index in range(BATCH):
        moment = (
            f"2026-06-{chance.randrange(1, 10):02}T{chance.randrange(24):02}:{chance.randrange(60):02}:{index % 60:02}Z"
        )
        rows.append(
            {
                "id": f"b{number}-{index}",
                "type": chance.choice(TYPES),
                "at": moment,
                "customer": {"number": f"c{chance.randrange(CUSTOMERS)}"},
                "data": {
                    "product": f"LP-{chance.randrange(3000)}",
                    "price": chance.randrange(500, 9000),
                    "list": "new",
                },
            }
        )
    return json.dumps(rows).encode()


class Line:
    """One connection: sends a request, reads its answer."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.read = b""

    def send(self, request: bytes) -> None:
        self.read = b""
        self.socket.sendall(request)

    def answered(self) -> int | None:
        """The status, once the whole answer is there."""
        got = self.socket.recv(65536)
        if not got:
            raise ConnectionError("the server closed the connection")
        self.read += got
        head, found, rest = self.read.partition(b"\r\n\r\n")
        if not found:
            return None
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        return int(head[9:12]) if len(rest) >= length else None


def drive(port: int, token: str, batches: int, connections: int, *, first: int = 0) -> dict[str, float]:
    """Sends so many batches, the next one as soon as an answer is there."""
    head = (
        "POST /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nIdempotency-Key: batch-%08d\r\nContent-Length: %d\r\n\r\n"
    )
    requests = []
    for number in range(first, first + batches):
        said = body(number)
        requests.append((head % (number, len(said))).encode() + said)
    lines, waiting, refused, answers = selectors.DefaultSelector(), 0, 0, []
    began = time.perf_counter()
    for _ in range(min(connections, batches)):
        line = Line(port)
        lines.register(line.socket, selectors.EVENT_READ, line)
        line.send(requests.pop())
        waiting += 1
    while waiting:
        for key, _ in lines.select(30):
            status = key.data.answered()
            if status is None:
                continue
            answers.append(status)
            refused += status != 202
            if requests:
                key.data.send(requests.pop())
            else:
                waiting -= 1
    taken = time.perf_counter() - began
    return {"per_second": len(answers) * BATCH / taken, "refused": refused, "answers": len(answers)}


if __name__ == "__main__":
    port, token, batches, connections, first = sys.argv[1:]
    print(json.dumps(drive(int(port), token, int(batches), int(connections), first=int(first))))
