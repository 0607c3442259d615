extension ErrorReport {
  /// The text of the report: the errors behind the error, first the first, then the error itself,
  /// each below its traceback. Ends with a newline.
  ///
  /// Ends on cycles: an error that is an object stands behind others at most once.
  ///
  /// - Parameters:
  ///   - limit: how many frames of each traceback at most: above zero the oldest, below zero the
  ///     most recent, at zero none; `nil` for all.
  ///   - options: what is shown.
  public func format(limit: Int? = nil, options: Traceback.FormatOptions = .default) -> String {
    var formatter = ReportFormatter(limit: limit, options: options)
    formatter.add(self)
    return formatter.text
  }

  /// The text of the error alone: the type and the message, then the notes. Ends with a newline.
  ///
  /// The type is named with its module unless that is Swift's own. The message is the error's
  /// `description` if it has one, or else what Swift prints of the value; if that tells nothing
  /// beyond the type, the type stands alone.
  public func formatErrorOnly() -> String {
    let type = Self.typeName(of: error)
    let message = Self.message(of: error, typeName: type)
    let notes = notes.map { "\($0)\n" }.joined()
    return (message.isEmpty ? "\(type)\n" : "\(type): \(message)\n") + notes
  }

  /// Writes the text of the report to a stream; see ``format(limit:options:)``.
  public func print(
    to stream: inout some TextOutputStream, limit: Int? = nil,
    options: Traceback.FormatOptions = .default
  ) {
    stream.write(format(limit: limit, options: options))
  }

  /// Writes the text of the report to standard error; see ``format(limit:options:)``.
  public func print(limit: Int? = nil, options: Traceback.FormatOptions = .default) {
    writeTextToStandardError(format(limit: limit, options: options))
  }

  /// The name of the error's type, such as `App.NotFound`.
  private static func typeName(of error: any Error) -> String {
    var name = String(reflecting: type(of: error))
    // Types that are private or inside functions: the address changes from run to run.
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
