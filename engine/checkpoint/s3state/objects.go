package s3state

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/iggy-flow/iggy-flow/engine/checkpoint"
	"github.com/iggy-flow/iggy-flow/engine/retry"
)

var (
	errNone    = errors.New("there is no such object")
	errChanged = errors.New("the object is not what it was")
)

// attempts is how often what is safe to repeat is tried in one call; beyond that the caller decides.
const attempts = 4

// objects are those below one prefix of a bucket.
type objects struct {
	client *s3.Client
	web    *http.Client
	config Config
}

// disconnect ends connections that wait for the next request.
func (o objects) disconnect() { o.web.CloseIdleConnections() }

func (o objects) key(name string) string {
	if o.config.Prefix == "" {
		return name
	}
	return o.config.Prefix + "/" + name
}

func (o objects) place(name string) string { return "s3://" + o.config.Bucket + "/" + o.key(name) }

// again repeats a request that changes nothing, or nothing more when it is repeated.
func (o objects) again(ctx context.Context, try func(ctx context.Context) error) error {
	c := retry.Defaults()
	c.MaxElapsed = requestTimeout
	return retry.Policy{Config: c, Attempts: attempts, Timeout: requestTimeout}.Do(ctx, func(ctx context.Context) error {
		err := try(ctx)
		if err == nil || errors.Is(err, checkpoint.ErrUnavailable) {
			return err
		}
		return retry.Permanent(err)
	})
}

// get returns an object and its ETag; the error wraps errNone where there is none.
func (o objects) get(ctx context.Context, name string) (data []byte, etag string, err error) {
	err = o.again(ctx, func(ctx context.Context) error {
		out, err := o.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &o.config.Bucket, Key: aws.String(o.key(name))})
		if err != nil {
			return o.explain("read", name, err)
		}
		etag = aws.ToString(out.ETag)
		data, err = io.ReadAll(out.Body)
		if err = errors.Join(err, out.Body.Close()); err != nil {
			return fmt.Errorf("%w: read %s: %w", checkpoint.ErrUnavailable, o.place(name), err)
		}
		return nil
	})
	return data, etag, err
}

// put writes an object under a name that nobody else writes to, so that it may be repeated.
func (o objects) put(ctx context.Context, name string, data []byte) error {
	return o.again(ctx, func(ctx context.Context) error {
		_, err := o.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &o.config.Bucket, Key: aws.String(o.key(name)), Body: bytes.NewReader(data)})
		return o.explain("write", name, err)
	})
}

// swap writes an object if its ETag is still was; an empty one stands for no object. It is not repeated: when the answer
// is lost, only a look tells what became of it. The error wraps errChanged when the ETag was another one.
func (o objects) swap(ctx context.Context, name string, data []byte, was string) (etag string, err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	in := &s3.PutObjectInput{Bucket: &o.config.Bucket, Key: aws.String(o.key(name)), Body: bytes.NewReader(data)}
	if was == "" {
		in.IfNoneMatch = aws.String("*")
	} else {
		in.IfMatch = aws.String(was)
	}
	out, err := o.client.PutObject(ctx, in)
	if err != nil {
		return "", o.explain("replace", name, err)
	}
	return aws.ToString(out.ETag), nil
}

func (o objects) remove(ctx context.Context, name string) error {
	return o.again(ctx, func(ctx context.Context) error {
		_, err := o.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &o.config.Bucket, Key: aws.String(o.key(name))})
		if err = o.explain("remove", name, err); errors.Is(err, errNone) {
			return nil
		}
		return err
	})
}

// list returns the names that begin with prefix, sorted.
func (o objects) list(ctx context.Context, prefix string) (names []string, err error) {
	pages := s3.NewListObjectsV2Paginator(o.client, &s3.ListObjectsV2Input{Bucket: &o.config.Bucket, Prefix: aws.String(o.key(prefix))})
	for pages.HasMorePages() {
		var page *s3.ListObjectsV2Output
		err := o.again(ctx, func(ctx context.Context) (err error) {
			page, err = pages.NextPage(ctx)
			return o.explain("list", prefix, err)
		})
		if err != nil {
			return nil, err
		}
		for _, object := range page.Contents {
			names = append(names, aws.ToString(object.Key)[len(o.key("")):])
		}
	}
	return names, nil
}

// explain says what was tried on which object, and marks what may pass. The SDK's errors hold no credentials.
func (o objects) explain(what, name string, err error) error {
	if err == nil {
		return nil
	}
	status := 0
	if answer, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		status = answer.HTTPStatusCode()
	}
	code := ""
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		code = api.ErrorCode()
	}
	place := o.place(name)
	switch {
	case status == http.StatusPreconditionFailed, status == http.StatusConflict && code == "ConditionalRequestConflict":
		return fmt.Errorf("%s %s: %w", what, place, errChanged)
	case code == "NoSuchBucket":
		return fmt.Errorf("%s %s: the bucket %s does not exist; create it, or name another with --state", what, place, o.config.Bucket)
	case status == http.StatusNotFound:
		return fmt.Errorf("%s %s: %w", what, place, errNone)
	case status == http.StatusForbidden, status == http.StatusUnauthorized:
		return fmt.Errorf("%s %s: the server refused these credentials (%s); check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and the bucket's policy", what, place, code)
	case status == 0, status >= 500, status == http.StatusTooManyRequests, status == http.StatusRequestTimeout:
		return fmt.Errorf("%w: %s %s: %w", checkpoint.ErrUnavailable, what, place, err)
	default:
		return fmt.Errorf("%s %s: %w", what, place, err)
	}
}
