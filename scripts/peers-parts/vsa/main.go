// Reads a source verification summary from standard input by in-toto's own Go types, as consumers that are built on them
// do: the statement is validated, and a field of the predicate that the types do not know is an error.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	vsa "github.com/in-toto/attestation/go/predicates/vsa/v1"
	intoto "github.com/in-toto/attestation/go/v1"
	"google.golang.org/protobuf/encoding/protojson"
)

func fail(what string, err error) {
	fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
	os.Exit(1)
}

// Usage: vsa COMMIT REF REPOSITORY, where the repository has no "git+".
func main() {
	commit, ref, repository := os.Args[1], os.Args[2], os.Args[3]
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		fail("input", err)
	}
	statement := &intoto.Statement{}
	if err := protojson.Unmarshal(input, statement); err != nil {
		fail("statement", err)
	}
	if err := statement.Validate(); err != nil {
		fail("statement", err)
	}
	text, err := protojson.Marshal(statement.GetPredicate())
	if err != nil {
		fail("predicate", err)
	}
	summary := &vsa.VerificationSummary{}
	if err := protojson.Unmarshal(text, summary); err != nil {
		fail("predicate", err)
	}
	found := false
	for _, subject := range statement.GetSubject() {
		refs := subject.GetAnnotations().GetFields()["sourceRefs"].GetListValue().GetValues()
		for _, each := range refs {
			found = found || (subject.GetDigest()["gitCommit"] == commit && each.GetStringValue() == ref)
		}
	}
	if !found {
		fail("subject", fmt.Errorf("no %s at %s", commit, ref))
	}
	if strings.TrimPrefix(summary.GetResourceUri(), "git+") != repository {
		fail("resourceUri", fmt.Errorf("%s", summary.GetResourceUri()))
	}
	said, _ := json.Marshal(map[string]any{
		"type":     statement.GetPredicateType(),
		"verifier": summary.GetVerifier().GetId(),
		"result":   summary.GetVerificationResult(),
		"levels":   summary.GetVerifiedLevels(),
	})
	fmt.Println(string(said))
}
