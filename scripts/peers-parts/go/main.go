// A client on go-git that knows nothing of signatures: it commits and tags whatever the configuration says of signing.
package main

import (
	"log"

	"github.com/go-git/go-git/v5"
)

func main() {
	repository, err := git.PlainOpen(".")
	if err != nil {
		log.Fatal(err)
	}
	worktree, err := repository.Worktree()
	if err != nil {
		log.Fatal(err)
	}
	commit, err := worktree.Commit("made by go-git", &git.CommitOptions{AllowEmptyCommits: true})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := repository.CreateTag("v1", commit, &git.CreateTagOptions{Message: "made by go-git"}); err != nil {
		log.Fatal(err)
	}
}
