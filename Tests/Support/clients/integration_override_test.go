// SPDX-License-Identifier: Apache-2.0
// Replaces the credentials of Go's integration tests by the server of DATASTORE_EMULATOR_HOST.

package datastore

import (
	"context"
	"os"
	"testing"
)

func init() {
	newTestClient = func(ctx context.Context, t *testing.T) *Client {
		client, err := NewClient(ctx, os.Getenv("DATASTORE_PROJECT_ID"))
		if err != nil {
			t.Fatalf("NewClient: %v", err)
		}
		return client
	}
}
