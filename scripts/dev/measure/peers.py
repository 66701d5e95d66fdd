"""What the bench has kazoo do: python peers.py HOST:PORT get|walk PATH, or bulk PATH N BYTES."""

import sys
from collections import deque

from kazoo.client import KazooClient

# As many requests, and transactions, as kazoo gains from.
REQUESTS, TRANSACTIONS, BATCH = 1000, 10, 500


def walk(client, root):
    """Data and children of everything below."""
    todo, flight, seen = deque([root]), deque(), 0
    while todo or flight:
        while todo and len(flight) < REQUESTS:
            path = todo.popleft()
            flight.append((path, client.get_async(path), client.get_children_async(path)))
        path, data, children = flight.popleft()
        data.get()
        seen += 1
        todo.extend(f"{path.rstrip('/')}/{name}" for name in children.get())
    return seen


def bulk(client, parent, count, size):
    """Creates in transactions."""
    flight, created, data = deque(), 0, b"x" * size
    for first in range(0, count, BATCH):
        if len(flight) >= TRANSACTIONS:
            created += settle(flight)
        transaction = client.transaction()
        for n in range(first, min(first + BATCH, count)):
            transaction.create(f"{parent}/n{n}", data)
        flight.append(transaction.commit_async())
    while flight:
        created += settle(flight)
    return created


def settle(flight):
    results = flight.popleft().get()
    for result in results:
        if isinstance(result, Exception):
            raise result
    return len(results)


def main():
    hosts, what, path, *rest = sys.argv[1:]
    client = KazooClient(hosts=hosts)
    client.start()
    if what == "get":
        print(client.get(path)[0])
    elif what == "walk":
        print(walk(client, path))
    else:
        print(bulk(client, path, *map(int, rest)))
    client.stop()


main()
