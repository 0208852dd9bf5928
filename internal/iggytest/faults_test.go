package iggytest_test

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/iggy-flow/iggy-flow/internal/iggy/wire"
	"github.com/iggy-flow/iggy-flow/internal/iggybroker"
	"github.com/iggy-flow/iggy-flow/internal/iggytest"
)

func sends(f iggybroker.Fault) iggybroker.Fault {
	f.On = []wire.Command{wire.SendMessages}
	f.Times = 1
	return f
}

// TestFaultsOfSends: what each fault does to a request, to its effect and to the connection.
func TestFaultsOfSends(t *testing.T) {
	for name, test := range map[string]struct {
		fault  iggybroker.Fault
		want   error // of the request
		ends   bool  // the connection
		stored bool
	}{
		"drop the request": {iggybroker.Fault{Do: iggybroker.DropRequest}, io.EOF, true, false},
		"drop the reply":   {iggybroker.Fault{Do: iggybroker.DropReply}, io.EOF, true, true},
		"cut the reply":    {iggybroker.Fault{Do: iggybroker.CutReply, Bytes: 3}, io.ErrUnexpectedEOF, true, true},
		"refuse":           {iggybroker.Fault{Do: iggybroker.Refuse, Status: wire.TopicFull}, wire.TopicFull, false, false},
		"deny":             {iggybroker.Fault{Do: iggybroker.Deny, Status: wire.GeneralError}, wire.GeneralError, false, true},
		"delay":            {iggybroker.Fault{Do: iggybroker.Delay, Wait: time.Millisecond}, nil, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, iggytest.Options{}, 1, wire.TopicSettings{})
			fault := r.Faults().Inject(sends(test.fault))
			if err := r.do(sendTo(streamS, topicT, 0, "a"), nil); !errors.Is(err, test.want) {
				t.Errorf("the request ends with %v, want %v", err, test.want)
			}
			<-fault.Hit()
			if err := r.do(wire.Bare(wire.Ping), nil); (err != nil) != test.ends {
				t.Errorf("then a ping gives %v; ended should be %v", err, test.ends)
			}
			r.connect()
			if test.stored {
				r.want(0, "a")
			} else {
				r.want(0)
			}
			r.send(0, "next") // the fault was for one request
			if fault.Hits() != 1 {
				t.Errorf("%d hits, want 1", fault.Hits())
			}
		})
	}
}

func TestCutPollAndDuplicateReply(t *testing.T) {
	r := newRig(t, iggytest.Options{}, 1, wire.TopicSettings{})
	r.send(0, "a")
	polls := []wire.Command{wire.PollMessages}
	r.Faults().Inject(iggybroker.Fault{On: polls, Times: 1, Do: iggybroker.DuplicateReply})
	r.want(0, "a")
	p := r.peer.(*codecPeer)
	var again wire.Batch
	if err := p.receive(&again); err != nil || again.Len() != 1 || string(again.Payload(0)) != "a" {
		t.Errorf("the second copy: %d messages, %v", again.Len(), err)
	}
	r.Faults().Inject(iggybroker.Fault{On: polls, Times: 1, Skip: 1, Do: iggybroker.CutReply, Bytes: 8 + 16 + 64}) // the second from now
	r.want(0, "a")
	err := r.do(poll(streamS, topicT, 0, wire.FromOffset(0), 10), &wire.Batch{})
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a poll that is cut in its message: %v", err)
	}
}

func TestStallLastsUntilItIsRemoved(t *testing.T) {
	r := newRig(t, iggytest.Options{}, 1, wire.TopicSettings{})
	stall := r.Faults().Inject(iggybroker.Fault{On: []wire.Command{wire.SendMessages}, Do: iggybroker.Stall})
	p := r.peer.(*codecPeer)
	if err := p.send(sendTo(streamS, topicT, 0, "a")); err != nil {
		t.Fatal(err)
	}
	<-stall.Hit()
	other := &rig{Broker: r.Broker, t: t}
	other.connect()
	other.want(0) // it waits before it is handled
	stall.Remove()
	if err := p.receive(nil); err != nil {
		t.Fatal(err)
	}
	other.want(0, "a")
}

func TestStalledBrokerStops(t *testing.T) {
	r := newRig(t, iggytest.Options{}, 1, wire.TopicSettings{})
	stall := r.Faults().Inject(iggybroker.Fault{Do: iggybroker.Stall})
	if err := r.peer.(*codecPeer).send(wire.Bare(wire.Ping)); err != nil {
		t.Fatal(err)
	}
	<-stall.Hit()
	r.Stop()
}

func TestRefusedLoginsAndConnections(t *testing.T) {
	r := newRig(t, iggytest.Options{}, 1, wire.TopicSettings{})
	refusal := r.Faults().RefuseLogins(wire.InvalidCredentials)
	s := session{t, newCodecPeer(t, brokerServer(r.Broker))}
	s.refused(&wire.Login{Username: iggytest.Username, Password: iggytest.Password}, &wire.Identity{}, wire.InvalidCredentials)
	refusal.Remove()
	s.login(iggytest.Username, iggytest.Password)

	r.Faults().RefuseConnections(true)
	s = session{t, newCodecPeer(t, brokerServer(r.Broker))}
	if err := s.do(wire.Bare(wire.Ping), nil); err == nil {
		t.Error("a refused connection answers")
	}
	r.send(0, "others go on")
	r.Faults().Clear()
	r.connect()
	r.Disconnect()
	if err := r.do(wire.Bare(wire.Ping), nil); err == nil {
		t.Error("a closed connection answers")
	}
	r.connect()
}
