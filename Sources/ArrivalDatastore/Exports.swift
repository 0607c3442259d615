// Programs write `import ArrivalDatastore` and get keys, entities and filters with it: nearly every
// signature of the facade names one of them, and a second import would add nothing. Backends import
// the model alone, which is why it is a module of its own.
@_exported public import DatastoreModel
