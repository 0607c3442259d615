// SPDX-License-Identifier: Apache-2.0
extension ErrorReport {
  /// The text of the report: the errors that led to the error, each below its traceback, and then
  /// the error. Ends with a newline.
  ///
  /// At most 100 errors are shown, those nearest to the error first, so the text ends even if an
  /// error invents causes without end. An error that is an object and led to itself is shown once.
  ///
  /// - Parameters:
  ///   - limit: how many frames of each traceback are shown: above zero the oldest, below zero the
  ///     most recent, at zero none; `nil` for all.
  ///   - options: what is shown.
  public func format(limit: Int? = nil, options: Traceback.FormatOptions = .default) -> String {
    var formatter = ReportFormatter(limit: limit, options: options)
    formatter.add(self)
    return formatter.text
  }

  /// Writes the text of the report to standard error; see ``format(limit:options:)``.
  public func print(limit: Int? = nil, options: Traceback.FormatOptions = .default) {
    writeTextToStandardError(format(limit: limit, options: options))
  }

  /// The error alone: the type with its module, unless that is Swift's own, and the message.
  ///
  /// The message is what `String(describing:)` gives. It is left out if it says no more than the
  /// type.
  var errorText: String {
    let type = Self.typeName(of: error)
    let message = Self.message(of: error, typeName: type)
    return message.isEmpty ? type : "\(type): \(message)"
  }

  /// The name of the error's type, such as `App.NotFound`.
  private static func typeName(of error: any Error) -> String {
    var name = String(reflecting: type(of: error))
    // Part of the names of types that are private or inside functions. It differs from run to run.
    while let start = name.firstRange(of: "(unknown context at "),
      let end = name[start.upperBound...].firstRange(of: ").")
    {
      name.removeSubrange(start.lowerBound..<end.upperBound)
    }
    for module in ["Swift.", "__C."] where name.hasPrefix(module) {
      name.removeFirst(module.count)
    }
    return name
  }

  private static func message(of error: any Error, typeName: String) -> String {
    let message = String(describing: error)
    // What Swift prints of a class, and of a struct without properties.
    let isTypeAlone =
      message == "\(type(of: error))()" || message == String(reflecting: type(of: error))
      || message == typeName
    return isTypeAlone ? "" : message
  }
}
