# SPDX-License-Identifier: Apache-2.0
"""What the programs share. Each prints the same on every server."""
import datetime
import threading

from google.auth import credentials
from google.cloud import ndb

# Its own form has an address of the memory.
ndb.GeoPt.__repr__ = lambda point: f"GeoPt({point.latitude}, {point.longitude})"
MOMENT = datetime.datetime(2026, 11, 30, 12, 34, 56, 789012)


def client(**options):
    return ndb.Client(project="ndb", credentials=credentials.AnonymousCredentials(), **options)


def elsewhere(act, *, namespace=None, database=None, **options):
    """What the function returns in a context of its own, which needs a thread of its own."""
    result = []

    def work():
        with client(namespace=namespace, database=database).context(**options):
            result.append(act())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return result[0]


def failure(act):
    """The class of the error, and its message if it is the library's own."""
    try:
        return act()
    except Exception as error:  # noqa: B902: any error is a result here
        name = type(error).__name__
        own = type(error).__module__.startswith(("google.cloud.ndb", "builtins"))
        return f"{name}: {str(error)[:60]}" if own else name


def run(title, *steps):
    for step in steps:
        print("==", step.__name__)
        step()
    print(f"google-cloud-ndb, {title}: all steps passed")
