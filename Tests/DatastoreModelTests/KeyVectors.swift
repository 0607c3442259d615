// SPDX-License-Identifier: Apache-2.0
// Made by Tests/Support/python/ndb_key_vectors.py with google-cloud-ndb 2.7.1.
import DatastoreModel

struct KeyVector: Sendable {
  var path: [Key.PathElement], namespace: String, project: String, database: String
  var prefix: String, text: String

  init(
    _ path: [Key.PathElement], _ namespace: String, _ project: String, _ database: String,
    _ prefix: String, _ text: [String]
  ) {
    (self.path, self.namespace, self.project) = (path, namespace, project)
    (self.database, self.prefix, self.text) = (database, prefix, text.joined())
  }

  static let all: [KeyVector] = [
    KeyVector(
      [
        .init(
          kind: "Kind",
          identifier: .id(1337))
      ],
      "",
      "example", "", "",
      [
        "agdleGFtcGxlcgsLEgRLaW5kGLkKDA"
      ]),
    KeyVector(
      [
        .init(
          kind: "Kind",
          identifier: .id(1337))
      ],
      "",
      "example", "", "s~",
      [
        "aglzfmV4YW1wbGVyCwsSBEtpbmQYuQoM"
      ]),
    KeyVector(
      [
        .init(
          kind: "Kind",
          identifier: .id(1337))
      ],
      "",
      "example", "", "e~",
      [
        "agllfmV4YW1wbGVyCwsSBEtpbmQYuQoM"
      ]),
    KeyVector(
      [
        .init(
          kind: "Kind",
          identifier: .name("name"))
      ],
      "",
      "example", "", "",
      [
        "agdleGFtcGxlcg4LEgRLaW5kIgRuYW1lDA"
      ]),
    KeyVector(
      [
        .init(
          kind: "Kind",
          identifier: .name("name"))
      ],
      "",
      "example", "", "s~",
      [
        "aglzfmV4YW1wbGVyDgsSBEtpbmQiBG5hbWUM"
      ]),
    KeyVector(
      [
        .init(
          kind: "Kind",
          identifier: .id(1))
      ],
      "",
      "example", "", "",
      [
        "agdleGFtcGxlcgoLEgRLaW5kGAEM"
      ]),
    KeyVector(
      [
        .init(
          kind: "Kind",
          identifier: .id(1))
      ],
      "space.a-b_c",
      "example", "", "",
      [
        "agdleGFtcGxlcgoLEgRLaW5kGAEMogELc3BhY2UuYS1iX2M"
      ]),
    KeyVector(
      [
        .init(
          kind: "Kind",
          identifier: .id(1))
      ],
      "space.a-b_c",
      "example", "", "s~",
      [
        "aglzfmV4YW1wbGVyCgsSBEtpbmQYAQyiAQtzcGFjZS5hLWJfYw"
      ]),
    KeyVector(
      [
        .init(
          kind: "Kind",
          identifier: .id(1337))
      ],
      "",
      "example", "example-db", "",
      [
        "agdleGFtcGxlcgsLEgRLaW5kGLkKDLoBCmV4YW1wbGUtZGI"
      ]),
    KeyVector(
      [
        .init(
          kind: "Kind",
          identifier: .name("x"))
      ],
      "space",
      "my-project-12", "other", "",
      [
        "ag1teS1wcm9qZWN0LTEycgsLEgRLaW5kIgF4DKIBBXNwYWNlugEFb3RoZXI"
      ]),
    KeyVector(
      [
        .init(
          kind: "A",
          identifier: .id(1)),
        .init(
          kind: "B",
          identifier: .name("two")),
        .init(
          kind: "C",
          identifier: .id(3)),
      ],
      "",
      "example", "", "",
      [
        "agdleGFtcGxlchgLEgFBGAEMCxIBQiIDdHdvDAsSAUMYAww"
      ]),
    KeyVector(
      [
        .init(
          kind: "A",
          identifier: .id(1)),
        .init(
          kind: "B",
          identifier: .name("two")),
        .init(
          kind: "C",
          identifier: .id(3)),
      ],
      "",
      "example", "", "h~",
      [
        "aglofmV4YW1wbGVyGAsSAUEYAQwLEgFCIgN0d28MCxIBQxgDDA"
      ]),
    KeyVector(
      [
        .init(
          kind: "Kind",
          identifier: .id(9_223_372_036_854_775_807))
      ],
      "",
      "example", "", "",
      [
        "agdleGFtcGxlchILEgRLaW5kGP__________fww"
      ]),
    KeyVector(
      [
        .init(
          kind: "Kind",
          identifier: .id(127))
      ],
      "",
      "p", "", "",
      [
        "agFwcgoLEgRLaW5kGH8M"
      ]),
    KeyVector(
      [
        .init(
          kind: "Kind",
          identifier: .id(128))
      ],
      "",
      "p", "", "",
      [
        "agFwcgsLEgRLaW5kGIABDA"
      ]),
    KeyVector(
      [
        .init(
          kind: "Gr\u{FC}\u{DF}e",
          identifier: .name("caf\u{E9}"))
      ],
      "",
      "example", "", "s~",
      [
        "aglzfmV4YW1wbGVyEgsSB0dyw7zDn2UiBWNhZsOpDA"
      ]),
    KeyVector(
      [
        .init(
          kind: "Kind",
          identifier: .name("cafe\u{301} \u{1F3D4}"))
      ],
      "",
      "example", "", "s~",
      [
        "aglzfmV4YW1wbGVyFQsSBEtpbmQiC2NhZmXMgSDwn4-UDA"
      ]),
    KeyVector(
      [
        .init(
          kind: "Kind",
          identifier: .name("nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"))
      ],
      "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn",
      "example", "", "",
      [
        "agdleGFtcGxlckYLEgRLaW5kIjxubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5u",
        "bm5ubm5ubm5ubm5ubm5ubm5ubm4MogE8bm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5u",
        "bm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5u",
      ]),
    KeyVector(
      [
        .init(
          kind: "Kind",
          identifier: .name("nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"))
      ],
      "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn",
      "example", "", "s~",
      [
        "aglzfmV4YW1wbGVyRgsSBEtpbmQiPG5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5u",
        "bm5ubm5ubm5ubm5ubm5ubm5ubm5ubgyiATxubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5u",
        "bm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm4",
      ]),
    KeyVector(
      [
        .init(
          kind: "Kind",
          identifier: nil)
      ],
      "",
      "example", "", "",
      [
        "agdleGFtcGxlcggLEgRLaW5kDA"
      ]),
    KeyVector(
      [
        .init(
          kind: "A",
          identifier: .id(1)),
        .init(
          kind: "B",
          identifier: nil),
      ],
      "",
      "example", "", "",
      [
        "agdleGFtcGxlcgwLEgFBGAEMCxIBQgw"
      ]),
    KeyVector(
      [
        .init(
          kind: "Kind",
          identifier: .name("1"))
      ],
      "",
      "example", "", "",
      [
        "agdleGFtcGxlcgsLEgRLaW5kIgExDA"
      ]),
    KeyVector(
      [
        .init(
          kind: "Kind",
          identifier: .name("a b/?&=+~"))
      ],
      "",
      "example.com:project", "", "",
      [
        "ahNleGFtcGxlLmNvbTpwcm9qZWN0chMLEgRLaW5kIglhIGIvPyY9K34M"
      ]),
  ]
}
