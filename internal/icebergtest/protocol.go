package icebergtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	ice "github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/catalog"
	"github.com/apache/iceberg-go/table"
)

// refusal is the error answer of the protocol.
type refusal struct {
	Message string `json:"message"`
	Type    string `json:"type"`
	Code    int    `json:"code"`
}

func answer(w http.ResponseWriter, status int, body any) {
	data, err := json.Marshal(body)
	if err != nil {
		status, data = http.StatusInternalServerError, []byte(`{}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(data) // a client that is gone needs no answer
}

func refuse(w http.ResponseWriter, code int, kind, message string) {
	answer(w, code, map[string]refusal{"error": {message, kind, code}})
}

// fail answers with what err means.
func fail(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, catalog.ErrNoSuchTable):
		refuse(w, http.StatusNotFound, "NoSuchTableException", err.Error())
	case errors.Is(err, catalog.ErrNoSuchNamespace):
		refuse(w, http.StatusNotFound, "NoSuchNamespaceException", err.Error())
	case errors.Is(err, catalog.ErrTableAlreadyExists), errors.Is(err, catalog.ErrNamespaceAlreadyExists):
		refuse(w, http.StatusConflict, "AlreadyExistsException", err.Error())
	case errors.Is(err, table.ErrCommitFailed), strings.Contains(err.Error(), "requirement failed"): // the library wraps one of them only
		refuse(w, http.StatusConflict, "CommitFailedException", err.Error())
	default:
		refuse(w, http.StatusInternalServerError, "InternalServerError", err.Error())
	}
}

func read(w http.ResponseWriter, r *http.Request, into any) bool {
	err := json.NewDecoder(r.Body).Decode(into)
	if err != nil {
		refuse(w, http.StatusBadRequest, "BadRequestException", err.Error())
	}
	return err == nil
}

// namespace splits the path's, whose levels are separated by the unit separator.
func namespace(r *http.Request) []string { return strings.Split(r.PathValue("namespace"), "\x1f") }

func (s *Server) authorised(next http.HandlerFunc) http.HandlerFunc {
	const authorizationExpired = 419
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		valid := s.valid
		s.mu.Unlock()
		if valid != "" && r.Header.Get("Authorization") != "Bearer "+valid {
			refuse(w, authorizationExpired, "AuthenticationTimeoutException", "the token has expired")
			return
		}
		next(w, r)
	}
}

func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	if r.PostFormValue("grant_type") != "client_credentials" || r.PostFormValue("client_id") != ClientID || r.PostFormValue("client_secret") != ClientSecret {
		answer(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client", "error_description": "no such client " + r.PostFormValue("client_secret")})
		return
	}
	s.mu.Lock()
	s.logins++
	s.valid = fmt.Sprintf("token-%d", s.logins)
	token := s.valid
	s.mu.Unlock()
	answer(w, http.StatusOK, map[string]any{"access_token": token, "token_type": "bearer", "expires_in": 3600})
}

func (s *Server) config(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"defaults": map[string]string{}, "overrides": map[string]string{}})
}

func (s *Server) createNamespace(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Namespace  []string       `json:"namespace"`
		Properties ice.Properties `json:"properties"`
	}
	if !read(w, r, &asked) {
		return
	}
	if err := s.catalog.CreateNamespace(r.Context(), asked.Namespace, asked.Properties); err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, asked)
}

func (s *Server) createTable(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Name       string         `json:"name"`
		Schema     *ice.Schema    `json:"schema"`
		Properties ice.Properties `json:"properties"`
	}
	if !read(w, r, &asked) {
		return
	}
	made, err := s.catalog.CreateTable(r.Context(), append(namespace(r), asked.Name), asked.Schema, catalog.WithProperties(asked.Properties))
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, loaded{made.MetadataLocation(), made.Metadata()})
}

// loaded is a table as the protocol has it.
type loaded struct {
	Location string         `json:"metadata-location"`
	Metadata table.Metadata `json:"metadata"`
}

func (s *Server) loadTable(w http.ResponseWriter, r *http.Request) {
	found, err := s.catalog.LoadTable(r.Context(), append(namespace(r), r.PathValue("table")))
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, loaded{found.MetadataLocation(), found.Metadata()})
}

func (s *Server) commit(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Requirements table.Requirements `json:"requirements"`
		Updates      table.Updates      `json:"updates"`
	}
	if !read(w, r, &asked) {
		return
	}
	s.mu.Lock()
	n := s.commits
	s.commits++
	s.mu.Unlock()
	fault := None
	if s.ofCommit != nil {
		fault = s.ofCommit(n)
	}
	switch fault {
	case Conflict:
		refuse(w, http.StatusConflict, "CommitFailedException", "the table has changed")
		return
	case Forbidden:
		refuse(w, http.StatusForbidden, "ForbiddenException", "not this table")
		return
	case Reset:
		reset(w)
		return
	}
	metadata, location, err := s.catalog.CommitTable(r.Context(), append(namespace(r), r.PathValue("table")), asked.Requirements, asked.Updates)
	switch {
	case err != nil:
		fail(w, err)
	case fault == LostAnswer:
		refuse(w, http.StatusServiceUnavailable, "ServiceUnavailableException", "the answer is lost")
	case fault == LostReset:
		reset(w)
	default:
		answer(w, http.StatusOK, loaded{location, metadata})
	}
}
