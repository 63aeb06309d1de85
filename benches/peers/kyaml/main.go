// Reads a folder of resources with kyaml, the library of kpt and kustomize, sets one annotation on
// each unless told "identity", and writes the folder back.
package main

import (
	"fmt"
	"os"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

func main() {
	folder, identity := os.Args[1], len(os.Args) > 2
	set := kio.FilterFunc(func(nodes []*yaml.RNode) ([]*yaml.RNode, error) {
		for _, node := range nodes {
			if identity {
				break
			}
			if err := node.PipeE(yaml.SetAnnotation("example.com/owner", "team-shop")); err != nil {
				return nil, err
			}
		}
		return nodes, nil
	})
	files := &kio.LocalPackageReadWriter{PackagePath: folder}
	err := kio.Pipeline{
		Inputs:  []kio.Reader{files},
		Filters: []kio.Filter{set},
		Outputs: []kio.Writer{files},
	}.Execute()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
