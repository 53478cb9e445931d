// Asks one resident git-signet about many commits. Run it inside a repository:
//
//	GIT_SIGNET=git-signet go run examples/serve-client.go POLICY HASH...
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"os/exec"
)

type answer struct {
	ID     string
	Result struct {
		Status string
		Signer struct{ Value string }
	}
	Error struct{ Code string }
}

func main() {
	server := exec.Command(os.Getenv("GIT_SIGNET"), "serve", "--stdio", "--policy", "main="+os.Args[1])
	server.Stderr = os.Stderr
	in, _ := server.StdinPipe()
	out, _ := server.StdoutPipe()
	if err := server.Start(); err != nil {
		log.Fatal(err)
	}
	lines := bufio.NewReader(out)
	var greeting struct{ Protocol int }
	if line, _ := lines.ReadBytes('\n'); json.Unmarshal(line, &greeting) != nil || greeting.Protocol != 1 {
		log.Fatal("git-signet did not start, or speaks another protocol")
	}
	go func() { // answers are read while questions are written, or a full pipe would stop both
		for _, hash := range os.Args[2:] {
			json.NewEncoder(in).Encode(map[string]string{"id": hash, "object": hash, "policy": "main"})
		}
		in.Close()
	}()
	failed := 0
	for range os.Args[2:] {
		var got answer
		line, err := lines.ReadBytes('\n')
		if err != nil || json.Unmarshal(line, &got) != nil {
			log.Fatal("git-signet ended early")
		}
		if got.Result.Status != "verified" { // anything else is a refusal, also an error
			failed = 1
		}
		fmt.Println(got.ID, got.Result.Status+got.Error.Code, got.Result.Signer.Value)
	}
	os.Exit(failed)
}
