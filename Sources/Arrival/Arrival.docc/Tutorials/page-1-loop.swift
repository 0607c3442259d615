import Arrival

func name(of id: Int) async throws -> String { "user \(id)" }

func page(of members: [Int]) async throws -> [String] {
  var names: [String] = []
  for id in members { names.append(try await name(of: id)) }
  return names
}
