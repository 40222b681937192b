// Reads documents as dockerd does, one base64 text a line, and answers a line each: what Go sees as a free document and
// as the fields of a container that matter most, or "error".
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
)

type create struct {
	Image, User string
	Entrypoint  []string
	HostConfig  struct {
		Privileged                                   bool
		Binds, CapAdd, CapDrop, SecurityOpt          []string
		NetworkMode, PidMode, IpcMode, Runtime       string
		Devices, Mounts                              []json.RawMessage
		Memory                                       int64
	}
}

func see(document []byte) string {
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	var free any
	if decoder.Decode(&free) != nil {
		return "error"
	}
	var container create
	if _, isObject := free.(map[string]any); isObject {
		if json.NewDecoder(bytes.NewReader(document)).Decode(&container) != nil {
			return "error"
		}
	}
	out, _ := json.Marshal(map[string]any{"free": free, "container": container})
	return string(out)
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		document, _ := base64.StdEncoding.DecodeString(lines.Text())
		fmt.Println(see(document))
	}
}
