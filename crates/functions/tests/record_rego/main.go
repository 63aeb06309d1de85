// Records what the Open Policy Agent makes of the policies beside this file, for the test
// tests/rego_reference.rs, which itself needs no Go:
//
//	go run . > ../recorded/rego.json
//
// Each policy says something about the rule answer by a message of deny, as policies of functions do.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
)

type outcome struct {
	Policy string `json:"policy"`
	// Answer is missing when the answer is undefined.
	Answer *string `json:"answer,omitempty"`
	Error  string  `json:"error,omitempty"`
}

func run(policy string, input any) outcome {
	version, tail := ast.RegoV1, "\ndeny contains sprintf(\"%v\", [[answer]]) if true\n"
	if strings.HasSuffix(policy, "# v0") {
		version, tail = ast.RegoV0, "\ndeny[sprintf(\"%v\", [[answer]])] { true }\n"
	}
	policy = "package main\n" + policy + tail
	made := outcome{Policy: policy}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	results, err := rego.New(
		rego.Query("data.main.deny"),
		rego.Module("case.rego", policy),
		rego.SetRegoVersion(version),
		rego.Input(input),
	).Eval(ctx)
	if err != nil {
		made.Error = err.Error()
		return made
	}
	for _, message := range results[0].Expressions[0].Value.([]any) {
		answer := message.(string)
		made.Answer = &answer
	}
	return made
}

func read(name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func main() {
	var input any
	if err := json.Unmarshal([]byte(read("input.json")), &input); err != nil {
		panic(err)
	}
	var outcomes []outcome
	for _, line := range strings.Split(read("expressions.txt"), "\n") {
		if line != "" && !strings.HasPrefix(line, "#") {
			outcomes = append(outcomes, run("answer := "+line, input))
		}
	}
	for _, policy := range strings.Split(read("policies.rego"), "\n---\n")[1:] {
		outcomes = append(outcomes, run(strings.TrimRight(policy, "\n"), input))
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(outcomes); err != nil {
		panic(err)
	}
	fmt.Fprintln(os.Stderr, len(outcomes), "policies")
}
