# SPDX-License-Identifier: Apache-2.0
"""Writes the URL-safe keys that google-cloud-ndb makes, as Swift for KeyVectors.swift.

    pip install google-cloud-ndb==2.7.1
    python ndb_key_vectors.py > Tests/DatastoreModelTests/KeyVectors.swift
"""
from google.cloud import ndb

LONG = "n" * 60
CASES = [
    # path, project, namespace, database, location prefixes
    (["Kind", 1337], "example", None, None, ["", "s~", "e~"]),
    (["Kind", "name"], "example", None, None, ["", "s~"]),
    (["Kind", 1], "example", "", None, [""]),
    (["Kind", 1], "example", "space.a-b_c", None, ["", "s~"]),
    (["Kind", 1337], "example", None, "example-db", [""]),
    (["Kind", "x"], "my-project-12", "space", "other", [""]),
    (["A", 1, "B", "two", "C", 3], "example", None, None, ["", "h~"]),
    (["Kind", (1 << 63) - 1], "example", None, None, [""]),
    (["Kind", 127], "p", None, None, [""]),
    (["Kind", 128], "p", None, None, [""]),
    (["Gr\u00fc\u00dfe", "caf\u00e9"], "example", None, None, ["s~"]),
    (["Kind", "cafe\u0301 \U0001F3D4"], "example", None, None, ["s~"]),
    (["Kind", LONG], "example", "n" * 60, None, ["", "s~"]),
    (["Kind"], "example", None, None, [""]),
    (["A", 1, "B"], "example", None, None, [""]),
    (["Kind", "1"], "example", None, None, [""]),
    (["Kind", "a b/?&=+~"], "example.com:project", None, None, [""]),
]


def swift(text):
    return '"' + "".join(
        c if 32 <= ord(c) < 127 and c not in '"\\' else "\\u{%X}" % ord(c) for c in text) + '"'


def steps(path):
    for i in range(0, len(path), 2):
        identifier = "nil" if i + 1 >= len(path) else (
            ".id(%d)" % path[i + 1] if isinstance(path[i + 1], int)
            else ".name(%s)" % swift(path[i + 1]))
        yield swift(path[i]), identifier


def main():
    print("// SPDX-License-Identifier: Apache-2.0")
    print("// Made by Tests/Support/python/ndb_key_vectors.py with google-cloud-ndb 2.7.1.")
    print("import DatastoreModel\n")
    print("struct KeyVector: Sendable {")
    print("  var path: [Key.PathElement], namespace: String, project: String, database: String")
    print("  var prefix: String, text: String\n")
    print("  init(")
    print("    _ path: [Key.PathElement], _ namespace: String, _ project: String,", end="")
    print(" _ database: String,")
    print("    _ prefix: String, _ text: [String]")
    print("  ) {")
    print("    (self.path, self.namespace, self.project) = (path, namespace, project)")
    print("    (self.database, self.prefix, self.text) = (database, prefix, text.joined())")
    print("  }\n")
    print("  static let all: [KeyVector] = [")
    for path, project, namespace, database, prefixes in CASES:
        for prefix in prefixes:
            key = ndb.Key(*(path + [None] if len(path) % 2 else path), project=project,
                          namespace=namespace, database=database)
            text = (key.to_legacy_urlsafe(prefix) if prefix else key.urlsafe()).decode()
            print("    KeyVector(")
            print("      [")
            for kind, identifier in steps(path):
                print("        .init(")
                print("          kind: %s," % kind)
                print("          identifier: %s)," % identifier)
            print("      ],")
            print("      %s," % swift(namespace or ""))
            print("      %s, %s, %s," % (swift(project), swift(database or ""), swift(prefix)))
            print("      [")
            for start in range(0, len(text), 80):
                print('        "%s",' % text[start:start + 80])
            print("      ]),")
    print("  ]\n}")


main()
