// Records what the reference implementation of Starlark makes of the programs beside this file, for
// the test tests/starlark_reference.rs, which itself needs no Go:
//
//	go run . > ../recorded/starlark.json
//
// The dialect is what programs of functions may use: statements at the top, reassignment of globals;
// no sets, no while, no recursion.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

type outcome struct {
	Program string  `json:"program"`
	Answer  *string `json:"answer,omitempty"`
	Error   string  `json:"error,omitempty"`
}

func run(program string) outcome {
	options := &syntax.FileOptions{TopLevelControl: true, GlobalReassign: true}
	thread := &starlark.Thread{Print: func(*starlark.Thread, string) {}}
	globals, err := starlark.ExecFileOptions(options, thread, "case.star", program, nil)
	if err != nil {
		return outcome{Program: program, Error: err.Error()}
	}
	answer := globals["answer"].String()
	return outcome{Program: program, Answer: &answer}
}

func read(name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func main() {
	var outcomes []outcome
	for _, line := range strings.Split(read("expressions.txt"), "\n") {
		if line != "" && !strings.HasPrefix(line, "#") {
			outcomes = append(outcomes, run("answer = "+line+"\n"))
		}
	}
	for _, program := range strings.Split(read("programs.star"), "\n---\n")[1:] {
		outcomes = append(outcomes, run(program+"\n"))
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(outcomes); err != nil {
		panic(err)
	}
	fmt.Fprintln(os.Stderr, len(outcomes), "programs")
}
