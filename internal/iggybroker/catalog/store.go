package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
	"github.com/iggy-flow/iggy-flow/internal/iggybroker/durable"
)

// formatVersion is that of catalog.json and of the folders beside it.
const formatVersion = 1

// The shape of catalog.json.
type (
	storedCatalog struct {
		Version int            `json:"version"`
		Folders uint64         `json:"folders"`
		Streams []storedStream `json:"streams"`
	}
	storedStream struct {
		ID      uint32        `json:"id"`
		Name    string        `json:"name"`
		Created wire.Micros   `json:"created"`
		Topics  []storedTopic `json:"topics"`
	}
	storedTopic struct {
		ID         uint32             `json:"id"`
		Name       string             `json:"name"`
		Created    wire.Micros        `json:"created"`
		Folder     uint64             `json:"folder"`
		Settings   wire.TopicSettings `json:"settings"`
		Partitions []wire.Micros      `json:"partitions"` // when each was created
		Groups     []storedGroup      `json:"groups"`
	}
	storedGroup struct {
		ID   uint32 `json:"id"`
		Name string `json:"name"`
	}
)

func (c *Catalog) path() string { return filepath.Join(c.dir, "catalog.json") }

// save makes the present shape the one that the next start finds.
func (c *Catalog) save() error {
	out := storedCatalog{Version: formatVersion, Folders: c.folders}
	for _, s := range c.streams {
		stored := storedStream{ID: s.id, Name: s.name, Created: s.created}
		for _, t := range s.topics {
			stored.Topics = append(stored.Topics, t.stored())
		}
		out.Streams = append(out.Streams, stored)
	}
	data, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		return err
	}
	return durable.Replace(c.path(), data)
}

func (t *Topic) stored() storedTopic {
	out := storedTopic{ID: t.id, Name: t.name, Created: t.created, Folder: t.folder, Settings: t.settings}
	for _, p := range t.partitions {
		out.Partitions = append(out.Partitions, p.created)
	}
	for _, g := range t.groups {
		out.Groups = append(out.Groups, storedGroup{g.id, g.name})
	}
	return out
}

// begin writes the first catalog.json.
func (c *Catalog) begin() error {
	topics := filepath.Join(c.dir, "topics")
	if _, err := os.Stat(topics); err == nil {
		return fmt.Errorf("%s is missing, and %s has messages; restore the file, or delete the folder", c.path(), topics)
	}
	return c.save()
}

func (c *Catalog) load() error {
	data, err := os.ReadFile(c.path())
	if errors.Is(err, os.ErrNotExist) {
		return c.begin()
	}
	if err != nil {
		return err
	}
	var in storedCatalog
	if err := json.Unmarshal(data, &in); err != nil {
		return fmt.Errorf("read %s: %w", c.path(), err)
	}
	if in.Version != formatVersion {
		return fmt.Errorf("%s has version %d, this broker reads %d", c.path(), in.Version, formatVersion)
	}
	c.folders = in.Folders
	for _, s := range in.Streams {
		added := &stream{id: s.ID, name: s.Name, created: s.Created}
		c.streams = append(c.streams, added)
		for _, stored := range s.Topics {
			t := &Topic{id: stored.ID, stream: s.ID, name: stored.Name, created: stored.Created, folder: stored.Folder, settings: stored.Settings}
			added.topics = append(added.topics, t)
			if t.partitions, err = c.openPartitions(t, s.Name, stored.Partitions); err != nil {
				return err
			}
			for _, g := range stored.Groups {
				t.groups = append(t.groups, t.newGroup(g.ID, g.Name))
			}
		}
	}
	return c.sweep()
}

// sweep removes the folders of topics and partitions whose deletion a crash interrupted.
func (c *Catalog) sweep() error {
	known := map[string]bool{}
	for _, t := range c.topics() {
		known[strconv.FormatUint(t.folder, 10)] = true
		parts := map[string]bool{}
		for _, p := range t.partitions {
			parts[strconv.FormatUint(uint64(p.id), 10)] = true
		}
		if err := removeUnknown(c.folder(t), parts); err != nil {
			return err
		}
	}
	return removeUnknown(filepath.Join(c.dir, "topics"), known)
}

func removeUnknown(dir string, known map[string]bool) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if !known[e.Name()] {
			err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
		}
	}
	return err
}
