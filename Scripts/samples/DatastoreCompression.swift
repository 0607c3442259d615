// SPDX-License-Identifier: Apache-2.0
// What the samples in the doc comments use and do not declare; see check-samples.
import ArrivalDatastore
import DatastoreCompression
import Foundation
