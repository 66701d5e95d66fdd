"""What the bench has kazoo do: python peers.py HOST:PORT get|walk PATH."""

import sys
from collections import deque

from kazoo.client import KazooClient

IN_FLIGHT = 1000


def walk(client, root):
    """Data and children of everything below, as many requests in flight as kazoo gains from."""
    todo, flight, seen = deque([root]), deque(), 0
    while todo or flight:
        while todo and len(flight) < IN_FLIGHT:
            path = todo.popleft()
            flight.append((path, client.get_async(path), client.get_children_async(path)))
        path, data, children = flight.popleft()
        data.get()
        seen += 1
        todo.extend(f"{path.rstrip('/')}/{name}" for name in children.get())
    return seen


def main():
    hosts, what, path = sys.argv[1:4]
    client = KazooClient(hosts=hosts)
    client.start()
    print(client.get(path)[0] if what == "get" else walk(client, path))
    client.stop()


main()
