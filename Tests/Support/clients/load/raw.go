// SPDX-License-Identifier: Apache-2.0
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"sort"
	"strconv"
	"sync"
	"time"

	"github.com/golang/protobuf/proto"
	datastorepb "google.golang.org/genproto/googleapis/datastore/v1"
	"google.golang.org/grpc"
)

// Requests are bytes made before the clock starts, and replies are not parsed, so that the client
// needs little of the processor.
type bytesCodec struct{}

func (bytesCodec) Marshal(v interface{}) ([]byte, error) { return *(v.(*[]byte)), nil }

func (bytesCodec) Unmarshal(data []byte, v interface{}) error {
	*(v.(*[]byte)) = data
	return nil
}

func (bytesCodec) Name() string { return "proto" }

const rawEntities = 1000

func rawKey(project string, number int) *datastorepb.Key {
	return &datastorepb.Key{
		PartitionId: &datastorepb.PartitionId{ProjectId: project},
		Path: []*datastorepb.Key_PathElement{{
			Kind: "Raw", IdType: &datastorepb.Key_PathElement_Id{Id: int64(number + 1)},
		}},
	}
}

func rawText(text string) *datastorepb.Value {
	return &datastorepb.Value{ValueType: &datastorepb.Value_StringValue{StringValue: text}}
}

func rawBytes(message proto.Message) []byte {
	data, err := proto.Marshal(message)
	if err != nil {
		log.Fatal(err)
	}
	return data
}

// Requests for each of the entities.
func rawRequests(project string, kind string) (method string, requests [][]byte) {
	for number := 0; number < rawEntities; number++ {
		if kind == "get" {
			requests = append(requests, rawBytes(&datastorepb.LookupRequest{
				ProjectId: project, Keys: []*datastorepb.Key{rawKey(project, number)},
			}))
			continue
		}
		properties := map[string]*datastorepb.Value{"number": {
			ValueType: &datastorepb.Value_IntegerValue{IntegerValue: int64(number)},
		}}
		for index := 0; index < 4; index++ {
			properties["text"+strconv.Itoa(index)] = rawText(fmt.Sprintf("text %d of %d", index, number))
		}
		requests = append(requests, rawBytes(&datastorepb.CommitRequest{
			ProjectId: project, Mode: datastorepb.CommitRequest_NON_TRANSACTIONAL,
			Mutations: []*datastorepb.Mutation{{Operation: &datastorepb.Mutation_Upsert{
				Upsert: &datastorepb.Entity{Key: rawKey(project, number), Properties: properties},
			}}},
		}))
	}
	if kind == "get" {
		return "Lookup", requests
	}
	return "Commit", requests
}

// Clients, each with a connection, that send requests of one kind for a time.
func raw(ctx context.Context, count int, limit time.Duration, kind string) {
	method, requests := rawRequests(os.Getenv("DATASTORE_PROJECT_ID"), kind)
	path := "/google.datastore.v1.Datastore/" + method
	var mutex sync.Mutex
	var all []time.Duration
	failed := 0
	var group sync.WaitGroup
	end := time.Now().Add(limit)
	for worker := 0; worker < count; worker++ {
		group.Add(1)
		go func(worker int) {
			defer group.Done()
			connection, err := grpc.Dial(os.Getenv("DATASTORE_EMULATOR_HOST"), grpc.WithInsecure(),
				grpc.WithDefaultCallOptions(grpc.ForceCodec(bytesCodec{})))
			if err != nil {
				log.Fatal(err)
			}
			defer connection.Close()
			var times []time.Duration
			errors := 0
			for number := worker * 31; time.Now().Before(end); number++ {
				begin := time.Now()
				var reply []byte
				if connection.Invoke(ctx, path, &requests[number%rawEntities], &reply) != nil {
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
	group.Wait()
	sort.Slice(all, func(i, j int) bool { return all[i] < all[j] })
	fmt.Printf("%d clients, %s: %d requests, %.0f requests/s, median %.1f ms, p99 %.1f ms, %d failed\n",
		count, kind, len(all), float64(len(all))/limit.Seconds(), milliseconds(all[len(all)/2]),
		milliseconds(all[len(all)*99/100]), failed)
}
