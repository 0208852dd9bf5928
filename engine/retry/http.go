package retry

import (
	"net/http"
	"strconv"
	"time"
)

// HTTP marks err by the status of the answer it stands for and the answer's Retry-After: 408, 425 and what a server or
// gateway failed at may succeed later, 429 and 503 later than they say; any other status below 500 is what no retry cures.
// A nil err stays nil.
func HTTP(status int, header http.Header, err error) error {
	switch {
	case status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable:
		return Throttled(err, retryAfter(header.Get("Retry-After")))
	case status == http.StatusRequestTimeout || status == http.StatusTooEarly:
		return err
	case status == http.StatusNotImplemented || status == http.StatusHTTPVersionNotSupported || status < 500:
		return Permanent(err)
	default:
		return err
	}
}

// retryAfter reads seconds or a date. What is neither asks for nothing.
func retryAfter(value string) time.Duration {
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(min(max(0, seconds), int(longestAfter/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}
