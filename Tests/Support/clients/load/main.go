// SPDX-License-Identifier: Apache-2.0
// Load for the server of DATASTORE_EMULATOR_HOST, by Go's client. Prints one line for each part.
//
//	load clients 32 10s   32 clients, each with a connection, that write and read in turn
//	load raw 32 10s get   the same with requests that are ready, and replies that are not parsed;
//	                      put or get
//	load contention 12    12 transactions at once that add one to the same entity
package main

import (
	"context"
	"fmt"
	"log"
	"math/rand"
	"os"
	"sort"
	"strconv"
	"sync"
	"time"

	"cloud.google.com/go/datastore"
)

type counter struct {
	N    int64
	Text string
}

func client(ctx context.Context) *datastore.Client {
	client, err := datastore.NewClient(ctx, os.Getenv("DATASTORE_PROJECT_ID"))
	if err != nil {
		log.Fatal(err)
	}
	return client
}

func clients(ctx context.Context, count int, limit time.Duration) {
	var mutex sync.Mutex
	var all []time.Duration
	failed := 0
	var group sync.WaitGroup
	start := make(chan struct{})
	for worker := 0; worker < count; worker++ {
		group.Add(1)
		go func(worker int) {
			defer group.Done()
			store := client(ctx)
			defer store.Close()
			random := rand.New(rand.NewSource(int64(worker)))
			key := func() *datastore.Key {
				return datastore.IDKey("Load", int64(worker*1000+random.Intn(1000)+1), nil)
			}
			// The connection is made before the clock starts.
			store.Put(ctx, key(), &counter{Text: "first"})
			var times []time.Duration
			errors := 0
			<-start
			for end := time.Now().Add(limit); time.Now().Before(end); {
				begin := time.Now()
				var err error
				if len(times)%2 == 0 {
					_, err = store.Put(ctx, key(), &counter{N: random.Int63(), Text: "some text"})
				} else if err = store.Get(ctx, key(), &counter{}); err == datastore.ErrNoSuchEntity {
					err = nil
				}
				if err != nil {
					errors++
				}
				times = append(times, time.Since(begin))
			}
			mutex.Lock()
			all = append(all, times...)
			failed += errors
			mutex.Unlock()
		}(worker)
	}
	time.Sleep(2 * time.Second)
	close(start)
	group.Wait()
	sort.Slice(all, func(i, j int) bool { return all[i] < all[j] })
	fmt.Printf("%d clients: %d requests, %.0f requests/s, median %.1f ms, p99 %.1f ms, %d failed\n", count,
		len(all), float64(len(all))/limit.Seconds(), milliseconds(all[len(all)/2]),
		milliseconds(all[len(all)*99/100]), failed)
}

func milliseconds(duration time.Duration) float64 { return float64(duration.Microseconds()) / 1000 }

func contention(ctx context.Context, count int) {
	store := client(ctx)
	defer store.Close()
	key := datastore.NameKey("Counter", "one", nil)
	if _, err := store.Put(ctx, key, &counter{}); err != nil {
		log.Fatal(err)
	}
	committed := make(chan bool, count)
	begin := time.Now()
	for worker := 0; worker < count; worker++ {
		go func() {
			_, err := store.RunInTransaction(ctx, func(transaction *datastore.Transaction) error {
				var value counter
				if err := transaction.Get(key, &value); err != nil {
					return err
				}
				value.N++
				_, err := transaction.Put(key, &value)
				return err
			})
			committed <- err == nil
		}()
	}
	sum := 0
	for worker := 0; worker < count; worker++ {
		if <-committed {
			sum++
		}
	}
	took := time.Since(begin)
	var value counter
	store.Get(ctx, key, &value)
	fmt.Printf("%d transactions on one entity: %d committed in %.2f s, counted %d\n", count, sum,
		took.Seconds(), value.N)
}

func main() {
	ctx := context.Background()
	count, _ := strconv.Atoi(os.Args[2])
	switch os.Args[1] {
	case "clients":
		limit, err := time.ParseDuration(os.Args[3])
		if err != nil {
			log.Fatal(err)
		}
		clients(ctx, count, limit)
	case "raw":
		limit, err := time.ParseDuration(os.Args[3])
		if err != nil {
			log.Fatal(err)
		}
		raw(ctx, count, limit, os.Args[4])
	case "contention":
		contention(ctx, count)
	}
}
