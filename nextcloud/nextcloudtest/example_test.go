package nextcloudtest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"nichoir/nextcloud/nextcloudtest"
)

// A call takes effect although the client is never told: what a retry has to
// survive.
func Example() {
	server := nextcloudtest.New(nextcloudtest.Options{Version: nextcloudtest.V27})
	defer server.Close()
	server.Inject(nextcloudtest.Fault{Match: nextcloudtest.OnCall(nextcloudtest.CallCreateFolder), Times: 1, Kind: nextcloudtest.DropAfter})

	client := &http.Client{Transport: server.Transport()}
	for range 2 {
		form := strings.NewReader(url.Values{"mountpoint": {"sp-canards"}}.Encode())
		request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, server.URL+"/index.php/apps/groupfolders/folders", form)
		if err != nil {
			fmt.Println(err)
			return
		}
		request.SetBasicAuth(server.AdminUser, server.AdminPassword)
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("OCS-APIRequest", "true")
		response, err := client.Do(request)
		if err != nil {
			fmt.Println("no answer")
			continue
		}
		fmt.Println(response.StatusCode)
		if err := response.Body.Close(); err != nil {
			fmt.Println(err)
		}
	}
	for _, call := range server.Requests() {
		fmt.Println(call.Call, call.Status, call.EffectDone)
	}
	fmt.Println("folders:", len(server.State().Folders))
	// Output:
	// no answer
	// 200
	// create folder 0 true
	// create folder 200 true
	// folders: 2
}
