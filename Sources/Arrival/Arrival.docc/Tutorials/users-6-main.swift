@main
struct App {
  static func main() async throws {
    print(try await greeting())
  }
}
