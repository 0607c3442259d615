// SPDX-License-Identifier: Apache-2.0
// Programs write `import ArrivalDatastore` and get keys, entities and filters with it: nearly every
// signature of the facade names one of them, and a second import would add nothing. Backends import
// only the model, so it is a separate module.
@_exported public import DatastoreModel
