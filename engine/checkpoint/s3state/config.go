package s3state

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// requestTimeout bounds every request, and what it takes to find credentials.
const requestTimeout = 20 * time.Second

// Config says where checkpoints are. Credentials come from the environment and files that every AWS tool reads.
type Config struct {
	Bucket    string
	Prefix    string // without slashes around it; may be empty
	Endpoint  string // URL; empty for AWS itself
	Region    string // empty for the environment's
	PathStyle bool   // the bucket is in the path and not in the host's name
}

// Parse reads s3://BUCKET/PREFIX?endpoint=URL&region=NAME&path_style=true.
func Parse(address string) (Config, error) {
	u, err := url.Parse(address)
	if err != nil {
		return Config{}, errors.New("an address of S3 that is no URL; expected s3://BUCKET/PREFIX?endpoint=URL&region=NAME") // the text may hold a secret
	}
	c := Config{Bucket: u.Host, Prefix: strings.Trim(u.Path, "/")}
	switch {
	case u.Scheme != "s3":
		return Config{}, fmt.Errorf("the scheme is %q; expected s3://BUCKET/PREFIX", u.Scheme)
	case u.User != nil:
		return Config{}, errors.New("credentials in an address of S3; expected them in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or in a profile, since addresses are shown")
	case c.Bucket == "":
		return Config{}, errors.New("an address of S3 without a bucket; expected s3://BUCKET/PREFIX")
	}
	for name, values := range u.Query() {
		value := values[len(values)-1]
		switch name {
		case "endpoint":
			e, err := url.Parse(value)
			if err != nil || e.Scheme != "http" && e.Scheme != "https" || e.Host == "" || e.User != nil {
				return Config{}, errors.New("the endpoint in an address of S3 is no URL of a server; expected one such as endpoint=https://s3.example.com")
			}
			c.Endpoint = value
		case "region":
			c.Region = value
		case "path_style":
			if c.PathStyle, err = strconv.ParseBool(value); err != nil {
				return Config{}, fmt.Errorf("path_style is %q in an address of S3; expected true or false", value)
			}
		default:
			return Config{}, fmt.Errorf("an address of S3 with the parameter %q; expected endpoint, region or path_style", name)
		}
	}
	return c, nil
}

// String is the place without parameters.
func (c Config) String() string { return "s3://" + c.Bucket + "/" + c.Prefix }

// connect finds credentials and makes a client that repeats nothing by itself: what is safe to repeat is known here.
func (c Config) connect(ctx context.Context) (objects, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	options := []func(*config.LoadOptions) error{
		config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }),
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(requestTimeout)),
	}
	if c.Region != "" {
		options = append(options, config.WithRegion(c.Region))
	}
	loaded, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return objects{}, fmt.Errorf("configure %s: %w", c, err)
	}
	if loaded.Region == "" {
		if c.Endpoint == "" {
			return objects{}, fmt.Errorf("%s: no region is known; expected region=NAME in the address, or AWS_REGION", c)
		}
		loaded.Region = "us-east-1" // a signature needs one; servers other than AWS take any
	}
	web := &http.Client{Timeout: requestTimeout}
	if b, ok := loaded.HTTPClient.(*awshttp.BuildableClient); ok {
		web.Transport = b.GetTransport() // with the certificates that the environment names
	}
	client := s3.NewFromConfig(loaded, func(o *s3.Options) {
		o.HTTPClient = web // known here, so that its connections can be ended
		if c.Endpoint != "" {
			o.BaseEndpoint = aws.String(c.Endpoint)
		}
		o.UsePathStyle = c.PathStyle
		// Not every compatible server knows the newer checksums; checkpoints carry their own.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	})
	return objects{client: client, web: web, config: c}, nil
}
