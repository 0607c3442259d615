@main
struct App {
  static func main() async throws {
    print(try await page(of: Array(1...20), with: Loaders()))
  }
}
