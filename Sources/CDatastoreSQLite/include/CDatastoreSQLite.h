// SPDX-License-Identifier: Apache-2.0
// What the backend in a file needs of the system and Swift cannot call.
#ifndef CDATASTORESQLITE_H
#define CDATASTORESQLITE_H

/// Renames a file in one step, unless the new name is taken.
///
/// Returns 0 or the system's error number: EEXIST if the name is taken; EINVAL, ENOSYS or ENOTSUP
/// if the file system or the system cannot do this in one step.
int datastore_rename_exclusively(const char *_Nonnull from, const char *_Nonnull to);

#endif
