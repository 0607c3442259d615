// SPDX-License-Identifier: Apache-2.0
import Arrival
import ArrivalDatastore

/// The shopping cart of NDB's guide to tasklets: get the cart, then the items of each line and
/// their offers, each as soon as it can be asked for.
struct CartLine: DatastoreEntity {
  var key = CartLine.newKey()
  var account: String
  var item: Key
  var quantity: Int
}

struct Item: DatastoreEntity {
  var key: Key
  var name: String
  var price: Int
}

struct SpecialOffer: DatastoreEntity {
  var key = SpecialOffer.newKey()
  var item: Key
  var percent: Int
}

struct Cart {
  let datastore: Datastore

  func fill(for account: String) -> Future<Void> {
    Future("fill") {
      let apple = Item(key: Item.key(name: "apple"), name: "Apple", price: 50)
      let pear = Item(key: Item.key(name: "pear"), name: "Pear", price: 80)
      let puts = [
        datastore.put(apple), datastore.put(pear),
        datastore.put(CartLine(account: account, item: apple.key, quantity: 3)),
        datastore.put(CartLine(account: account, item: pear.key, quantity: 1)),
        datastore.put(SpecialOffer(item: pear.key, percent: 25)),
      ]
      _ = try await Future.all(puts).value
    }
  }

  /// A tasklet of the whole, one for each line, and in it two requests at once.
  func lines(of account: String) -> Future<[String]> {
    Future("cart of \(account)") {
      let all = Query(CartLine.self).where(\.account == account)
      let lines = try await datastore.query(all).fetch().value
      let texts = lines.map { line in
        Future("line") {
          async let item = datastore.get(line.item, as: Item.self).value
          async let offer = datastore.query(
            Query(SpecialOffer.self).where(\.item == line.item)
          ).first().value
          guard let item = try await item else { return "an item that is gone" }
          let percent = try await offer?.percent ?? 0
          let price = item.price * line.quantity * (100 - percent) / 100
          return "\(line.quantity) × \(item.name): \(price)"
        }
      }
      return try await Future.all(texts).value.sorted()
    }
  }
}
