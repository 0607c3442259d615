// SPDX-License-Identifier: Apache-2.0
#if SQLite
  internal import ArgumentParser

  /// Finds an option that was given twice although it has one value. The package would keep the
  /// last one silently.
  enum RepeatedOptions {
    /// The message about the first such option of a parsed command; `nil` if there is none.
    static func problem(in arguments: [String], of command: any ParsableCommand) -> String? {
      var single: Set<String> = []
      collect(from: command, &single)
      var seen: Set<Substring> = []
      for argument in arguments.prefix(while: { $0 != "--" }) where argument.hasPrefix("--") {
        let name = argument.prefix { $0 != "=" }
        guard single.contains(String(name)), !seen.insert(name).inserted else { continue }
        return "\(name) is given twice; \(advice[name] ?? "give it once")"
      }
      return nil
    }

    private static let advice: [Substring: String] = ["--where": "join the conditions with AND"]

    private static func collect(from arguments: Any, _ names: inout Set<String>) {
      for child in Mirror(reflecting: arguments).children {
        if let group = child.value as? any GroupedArguments {
          collect(from: group.arguments, &names)
        } else if let option = child.value as? any GivenOption, !option.mayRepeat,
          let label = child.label
        {
          names.insert(name(ofProperty: label))
        }
      }
    }

    /// The option `--dry-run` of a property wrapper that is stored as `_dryRun`.
    private static func name(ofProperty label: String) -> String {
      label.drop { $0 == "_" }.reduce(into: "--") { name, character in
        name += character.isUppercase ? "-\(character.lowercased())" : String(character)
      }
    }
  }

  private protocol GivenOption {
    var mayRepeat: Bool { get }
  }

  private protocol ManyValues {}
  extension Array: ManyValues {}

  extension Option: GivenOption {
    fileprivate var mayRepeat: Bool { Value.self is any ManyValues.Type }
  }

  private protocol GroupedArguments {
    var arguments: Any { get }
  }

  extension OptionGroup: GroupedArguments {
    fileprivate var arguments: Any { wrappedValue }
  }
#endif
