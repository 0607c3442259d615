# SPDX-License-Identifier: Apache-2.0
"""What is stored: namespaces, kinds and properties."""
from common import MOMENT, client, elsewhere, run
from google.cloud import ndb
from google.cloud.ndb import metadata


class Sort(ndb.Expando):
    pass


def fill():
    ndb.delete_multi(Sort.query().fetch(keys_only=True))
    Sort(id=1, number=1, text="a", moment=MOMENT, flag=True, place=ndb.GeoPt(1, 2)).put()
    Sort(id=2, number=2.5, text=None, link=ndb.Key("A", 1), blob=b"b").put()
    for name in ("kinds-one", "kinds-two"):
        elsewhere(lambda: Sort(id=1, number=1).put(), namespace=name)


def all_of_them():
    print(" ", [name for name in metadata.get_namespaces() if (name or "").startswith("kinds")])
    print(" ", metadata.get_namespaces("kinds-one", "kinds-two"))
    print(" ", metadata.get_kinds(), metadata.get_kinds("T"), metadata.get_kinds("A", "T"))
    print(" ", metadata.get_properties_of_kind("Sort"))
    print(" ", metadata.get_properties_of_kind("Sort", start="n", end="p"))
    for name, types in sorted(metadata.get_representations_of_kind("Sort").items()):
        print("   ", name, sorted(types))
    print(" ", [(found.kind_name, found.property_name)
                for found in metadata.Property.query(
                    ancestor=metadata.Kind.key_for_kind("Sort")).fetch(2)])
    print(" ", [found.kind_name for found in metadata.Kind.query()],
          metadata.get_properties_of_kind("None"))


with client(namespace="kinds").context(global_cache=None):
    run("kinds", fill, all_of_them)
