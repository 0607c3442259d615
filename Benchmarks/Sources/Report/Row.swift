// SPDX-License-Identifier: Apache-2.0
internal import Comparisons
internal import Foundation

/// A line of the table.
struct Row: CustomStringConvertible {
  private let comparison: Comparison
  /// For each round, the nanoseconds of each contender.
  private let rounds: [[Double]]

  init(_ comparison: Comparison, rounds: [[Double]]) {
    self.comparison = comparison
    self.rounds = rounds
  }

  var description: String {
    let peers = comparison.contenders.indices.dropFirst()
    let peerTexts = peers.map { "\(comparison.contenders[$0].name) \(number(median($0)))" }
    // Arrival's other variants are not peers.
    let others = peers.filter { !comparison.contenders[$0].name.hasPrefix("Arrival") }
    let best = others.min { median($0) < median($1) }.map { "\(number(ratio($0))) ×" }
    let targets = comparison.targets
    let cells = [
      comparison.what, number(median(0)), peerTexts.joined(separator: "; "), best ?? "",
      targets.map(text).joined(separator: "; "),
      targets.map { isMet($0) ? "yes" : "**no**" }.joined(separator: "; "),
    ]
    return "| " + cells.joined(separator: " | ") + " |"
  }

  private func median(_ contender: Int) -> Double { rounds.map { $0[contender] }.median }

  /// How many times as fast as a peer Arrival is: the median of the rounds' ratios.
  private func ratio(_ peer: Int) -> Double { rounds.map { $0[peer] / $0[0] }.median }

  private func text(_ target: Target) -> String {
    switch target {
    case .under(let nanoseconds): "under \(number(nanoseconds)) ns"
    case .rate(let rate):
      "\(number(rate / 1e6)) million/s, is \(number(1e3 / median(0))) million/s"
    case .times(let factor, let peer):
      "\(number(factor)) × \(peer), is \(number(ratio(index(of: peer)))) ×"
    }
  }

  private func isMet(_ target: Target) -> Bool {
    switch target {
    case .under(let nanoseconds): median(0) < nanoseconds
    case .rate(let rate): 1e9 / median(0) >= rate
    case .times(let factor, let peer): ratio(index(of: peer)) >= factor
    }
  }

  private func index(of peer: String) -> Int {
    guard let index = comparison.contenders.firstIndex(where: { $0.name == peer }) else {
      fatalError("\"\(comparison.what)\" has no peer \"\(peer)\"")
    }
    return index
  }
}

extension [Double] {
  var median: Double {
    let sorted = sorted()
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
  }
}

/// Three significant digits.
func number(_ value: Double) -> String {
  switch value {
  case 100...: "\(Int(value.rounded()))"
  case 10..<100: String(format: "%.1f", value)
  default: String(format: "%.2f", value)
  }
}
