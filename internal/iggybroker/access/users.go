package access

import (
	"crypto/sha256"
	"slices"
	"strings"
	"sync"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
)

// Root is the id of the user that a broker begins with, whom nobody can delete or restrict.
const Root uint32 = 0

// CannotChangePermissions answers an attempt to restrict the root user.
const CannotChangePermissions wire.Status = 49

// Record is a user as it is stored.
type Record struct {
	ID          uint32          `json:"id"`
	Name        string          `json:"name"`
	Created     wire.Micros     `json:"created"`
	Status      wire.UserStatus `json:"status"`
	Password    hash            `json:"password"`
	Permissions []byte          `json:"permissions,omitempty"` // as requests carry them
	Tokens      []Token         `json:"tokens,omitempty"`
}

type user struct {
	Record
	permissions *Permissions
	lastGood    [sha256.Size]byte // the quick hash of its password, once it was told; never stored
}

// Users are the users of a broker. Its methods may be called at the same time. None of them stores anything: the broker takes
// Records after each change.
type Users struct {
	mu   sync.RWMutex
	list []*user // by ID
}

// NewUsers returns the users of records, as Records gave them.
func NewUsers(records []Record) (*Users, error) {
	u := &Users{}
	for _, r := range records {
		p, err := ParsePermissions(r.Permissions)
		if err != nil {
			return nil, err
		}
		u.list = append(u.list, &user{Record: r, permissions: p})
	}
	return u, nil
}

// Records are all users as they are stored.
func (u *Users) Records() []Record {
	u.mu.RLock()
	defer u.mu.RUnlock()
	out := make([]Record, len(u.list))
	for i, v := range u.list {
		out[i] = v.Record
		out[i].Tokens = slices.Clone(v.Tokens)
	}
	return out
}

func (u *Users) find(id wire.Identifier) *user {
	for _, v := range u.list {
		if id.Name == v.Name || id.Name == "" && id.Number == v.ID {
			return v
		}
	}
	return nil
}

func (u *Users) must(id wire.Identifier) (*user, error) {
	if v := u.find(id); v != nil {
		return v, nil
	}
	return nil, wire.ResourceNotFound
}

func checkName(name string) error {
	if len(name) < 3 || len(name) > 50 || strings.ContainsAny(name, " \t\r\n") {
		return wire.InvalidUsername
	}
	return nil
}

func checkPassword(password string) error {
	if len(password) < 3 || len(password) > 100 {
		return wire.InvalidPassword
	}
	return nil
}

// Create adds a user and returns its id. The first is the root user.
func (u *Users) Create(r *wire.NewUser, now wire.Micros) (uint32, error) {
	if err := checkName(r.Username); err != nil {
		return 0, err
	}
	if err := checkPassword(r.Password); err != nil {
		return 0, err
	}
	p, err := ParsePermissions(r.Permissions)
	if err != nil {
		return 0, err
	}
	sum, err := hashPassword(r.Password)
	if err != nil {
		return 0, err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.find(wire.Name(r.Username)) != nil {
		return 0, wire.UserAlreadyExists
	}
	id := Root
	for i := 0; i < len(u.list) && u.list[i].ID == id; i++ {
		id++
	}
	added := &user{Record: Record{ID: id, Name: r.Username, Created: now, Status: r.Status, Password: sum, Permissions: r.Permissions}, permissions: p}
	added.lastGood = sum.quick(r.Password)
	u.list = slices.Insert(u.list, int(id), added)
	return id, nil
}

// Delete removes a user and its tokens and returns its id.
func (u *Users) Delete(id wire.Identifier) (uint32, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	v, err := u.must(id)
	if err != nil {
		return 0, err
	}
	if v.ID == Root {
		return 0, wire.CannotDeleteUser
	}
	u.list = slices.DeleteFunc(u.list, func(o *user) bool { return o == v })
	return v.ID, nil
}

// Update renames a user, or lets it log in or not.
func (u *Users) Update(r *wire.ChangedUser) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	v, err := u.must(r.User)
	if err != nil {
		return err
	}
	if r.Username != "" {
		if err := checkName(r.Username); err != nil {
			return err
		}
		if other := u.find(wire.Name(r.Username)); other != nil && other != v {
			return wire.UserAlreadyExists
		}
		v.Name = r.Username
	}
	if r.Status != 0 {
		v.Status = r.Status
	}
	return nil
}

// Permit sets what a user may do.
func (u *Users) Permit(r *wire.ChangedPermissions) error {
	p, err := ParsePermissions(r.Permissions)
	if err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	v, err := u.must(r.User)
	if err != nil {
		return err
	}
	if v.ID == Root {
		return CannotChangePermissions
	}
	v.Permissions, v.permissions = r.Permissions, p
	return nil
}

// SetPassword changes a password, which takes the old one.
func (u *Users) SetPassword(r *wire.ChangedPassword) error {
	if err := checkPassword(r.New); err != nil {
		return err
	}
	sum, err := hashPassword(r.New)
	if err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	v, err := u.must(r.User)
	if err != nil {
		return err
	}
	if !v.Password.matches(r.Old) {
		return wire.InvalidCredentials
	}
	v.Password, v.lastGood = sum, sum.quick(r.New)
	return nil
}

// Login checks a name and a password and returns the user's id.
func (u *Users) Login(name, password string) (uint32, error) {
	u.mu.RLock()
	v := u.find(wire.Name(name))
	var record Record
	var good [sha256.Size]byte
	if v != nil {
		record, good = v.Record, v.lastGood
	}
	u.mu.RUnlock()
	if v == nil || name == "" {
		return 0, wire.InvalidCredentials
	}
	sum := record.Password.quick(password)
	if sum != good && !record.Password.matches(password) {
		return 0, wire.InvalidCredentials
	}
	if record.Status != wire.UserActive {
		return 0, wire.UserInactive
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if slices.Equal(v.Password.Salt, record.Password.Salt) {
		v.lastGood = sum
	}
	return record.ID, nil
}

// Allows asks check about the permissions of a user; the root user may do everything. Without the user it is false.
func (u *Users) Allows(id uint32, check func(*Permissions) bool) bool {
	if id == Root {
		return true
	}
	u.mu.RLock()
	defer u.mu.RUnlock()
	v := u.find(wire.ID(id))
	return v != nil && check(v.permissions)
}
